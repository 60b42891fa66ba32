/** Warnings: what is valid and probably a mistake. They are shown to the author and fail no build. */
import { entryOf, toolchainsOf } from '../toolchain/schema.ts';
import type { FieldError } from '../validation/findings.ts';
import type { Manifest } from './schema.ts';

/** Somebody's own fleet, or machine, may have what CodeBuild's images have not. */
export function warningsOf({ services }: Manifest): FieldError[] {
  return Object.entries(services).flatMap(([service, { toolchain, matrix, resources }]) => {
    if (resources.compute?.startsWith('fleet:')) return [];
    const axes = Object.fromEntries(Object.keys(matrix).map((axis) => [axis, '']));
    return toolchainsOf(toolchain, axes).flatMap(({ name }): FieldError[] => {
      if (entryOf(name)?.onCodeBuild) return [];
      const field = Object.hasOwn(matrix, name) ? ['matrix', name] : ['toolchain'];
      const reason = `the images of AWS CodeBuild do not have ${name}: builds in AWS fail, except on a fleet of yours that has it`;
      return [{ path: ['services', service, ...field], at: 'value', reason }];
    });
  });
}
