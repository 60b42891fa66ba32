/** Whether environments can be set, asked of all that belong together before the first is written. */
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { assertRuns } from '../runtimes.ts';
import { isZip } from '../target/lambda.ts';
import { assertAvailable } from './process.ts';
import type { PutEnvironment } from './schema.ts';
import { assertFree } from './target.ts';

type SettablePorts = Pick<Ports, 'table' | 'runtimes' | 'runsProcesses'>;

/** @throws StaitheError runtime_unavailable | target_unavailable */
export function assertTarget(
  ports: Omit<SettablePorts, 'table'>,
  { target }: Pick<PutEnvironment, 'target'>,
): void {
  if (target.kind === 'lambda' && isZip(target)) assertRuns(target.runtime, ports.runtimes);
  assertAvailable(target, ports.runsProcesses);
}

/** @throws StaitheError environment_unknown */
export function assertAllKnown(
  { slug }: Project,
  after: readonly string[],
  isKnown: (name: string) => boolean,
): void {
  const unknown = after.filter((other) => !isKnown(other));
  if (unknown.length > 0)
    throw new StaitheError(
      'environment_unknown',
      `Project '${slug}' has no environment ${unknown.map((other) => `'${other}'`).join(', ')}.`,
    );
}

/**
 * @param together the names of those that are set with it: they may be there by then, and may release their targets
 * @throws StaitheError runtime_unavailable | target_unavailable | environment_unknown | function_taken
 */
export async function assertSettable(
  ports: SettablePorts,
  project: Project,
  { name, input }: { readonly name: string; readonly input: PutEnvironment },
  { existing, together }: Record<'existing' | 'together', ReadonlySet<string>>,
): Promise<void> {
  assertTarget(ports, input);
  assertAllKnown(project, input.after, (other) => existing.has(other) || together.has(other));
  await assertFree(ports.table, input.target, { project, environment: name }, together);
}
