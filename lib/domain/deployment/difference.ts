/** What a deployment changes of what serves: for the plan, and for whoever approves. Values of variables are not shown. */
import * as z from 'zod';
import { canonicalJson } from '../canonical.ts';
import { CONFIGURATION } from '../environment/configuration.ts';
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

type Content = Pick<Deployment, 'release_id' | 'service' | 'digest' | (typeof CONFIGURATION)[number]>;

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

/** All that is in the digest that is approved: each member of what has members. */
function flat(content: Content): Map<string, string> {
  const { release_id: release, service, digest } = content;
  const text = (value: unknown) => (typeof value === 'string' ? value : canonicalJson(value));
  const leaves = (name: string, value: unknown): [string, string][] => {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, text(value)]];
    return Object.entries(value).flatMap(([member, its]) =>
      its === undefined ? [] : [[`${name}.${member}`, text(its)] as [string, string]],
    );
  };
  return new Map([
    ['release', release],
    ['service', service],
    ['digest', digest],
    ...CONFIGURATION.flatMap((name) => leaves(name, content[name])),
  ]);
}
