/** What a deployment changes of what serves: for the plan, and for whoever approves. Values of variables are not shown. */
import * as z from 'zod';
import { canonicalJson } from '../canonical.ts';
import type { Deployment } from './schema.ts';

/** One thing that differs. */
export const Difference = z.object({
  /** `digest`, `target.memory_mb`, `variables.GREETING` and the like. */
  field: z.string(),
  change: z.enum(['added', 'changed', 'removed']),
  /** Absent where it was added, and of variables, which may be secret. */
  before: z.string().optional(),
  after: z.string().optional(),
});
export type Change = z.infer<typeof Difference>;

type Content = Pick<
  Deployment,
  | 'release_id'
  | 'service'
  | 'digest'
  | 'target'
  | 'variables'
  | 'health_path'
  | 'health_status'
  | 'health_follow'
>;

/** By the names of fields, sorted. @param before undefined when nothing serves */
export function changesBetween(before: Content | undefined, after: Content): Change[] {
  const [old, next] = [before === undefined ? new Map<string, string>() : flat(before), flat(after)];
  const fields = [...new Set([...old.keys(), ...next.keys()])].sort();
  return fields.flatMap((field): Change[] => {
    const [was, is] = [old.get(field), next.get(field)];
    if (was === is) return [];
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    if (field.startsWith(VARIABLES)) return [{ field, change }];
    return [
      { field, change, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) },
    ];
  });
}

const VARIABLES = 'variables.';

function flat(content: Content): Map<string, string> {
  const { target, variables, release_id, service, digest, health_path, health_status, health_follow } =
    content;
  const text = (value: unknown) => (typeof value === 'string' ? value : canonicalJson(value));
  const members = (prefix: string, value: object): [string, string][] =>
    Object.entries(value).map(([name, member]) => [`${prefix}.${name}`, text(member)]);
  return new Map([
    ['release', release_id],
    ['service', service],
    ['digest', digest],
    ['health_path', health_path],
    ['health_status', text(health_status)],
    ['health_follow', text(health_follow)],
    ...members('target', target),
    ...members('variables', variables),
  ]);
}
