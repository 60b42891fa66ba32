/** Which permissions of the template were never needed: what least privilege could take away. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Grant } from './evaluate.ts';
import type { Roles } from './roles.ts';

/** One (action pattern, resource pattern) pair of a role's policy; `count` calls were allowed by it. */
export type GrantUsage = Readonly<Grant>;

const usageSchema = z.object({
  role: z.string(),
  policy: z.string(),
  sid: z.string().optional(),
  action: z.string(),
  resource: z.string(),
  count: z.number(),
});

/** Every grant of every role's own policies, used or not. */
export function grantUsage(roles: Roles): GrantUsage[] {
  return [...roles.all()].flatMap((role) => roles.compiled(role.arn)?.identity.grants ?? []);
}

/** Appends the counts to `<folder>/usage.jsonl`, in one write, so that several clouds can share the folder. */
export function saveUsage(folder: string, usage: readonly GrantUsage[]): void {
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, 'usage.jsonl'), usage.map((grant) => `${JSON.stringify(grant)}\n`).join(''));
}

/**
 * Adds up what several clouds (a whole test suite) saved.
 * @returns every grant once, with the sum of its counts; those with 0 were never needed
 */
export function mergeUsage(folder: string): GrantUsage[] {
  const merged = new Map<string, Grant>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)) {
      const usage = usageSchema.parse(JSON.parse(line));
      const key = [usage.role, usage.policy, usage.sid ?? '', usage.action, usage.resource].join('\n');
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { ...usage, sid: usage.sid });
      else known.count += usage.count;
    }
  }
  return [...merged.values()];
}
