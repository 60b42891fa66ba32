/** What an environment of a process can have: each of its settings has an effect, or is refused. */
import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import { StaitheError } from '../error.ts';
import type { Target } from '../target/index.ts';
import { Health } from './health.ts';

/** Variables that each process is given (embedded-cloud/docs/reference.md, "Processes"). */
const RESERVED = ['PORT', 'PATH', 'HOME', 'TMPDIR', 'REPLICA_ID'];
const NO_HEALTH = { ...Health.parse({}), health_path: '/' };

type Input = { readonly target: Target; readonly variables: Readonly<Record<string, string>> } & Health & {
    readonly health_path: string;
  };

export function assertProcess(input: Input, context: z.RefinementCtx): void {
  const { target, variables } = input;
  if (target.kind !== 'process') return;
  const complain = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  const taken = RESERVED.filter((name) => name in variables);
  if (taken.length > 0)
    complain('variables', `may not hold ${taken.join(', ')}: each process has its own. Choose other names`);
  if (target.process_type === 'web') return;
  for (const [field, absent] of Object.entries(NO_HEALTH))
    if (!isDeepStrictEqual(Reflect.get(input, field), absent))
      complain(field, 'has no effect on a worker, which takes no requests: leave it out');
}

/**
 * Refuses a kind of target at once that a deployment would fail with.
 * @param processes whether processes run where this is installed
 * @throws StaitheError target_unavailable
 */
export function assertAvailable({ kind }: Target, processes: boolean): void {
  if (kind !== 'process' || processes) return;
  throw new StaitheError('target_unavailable', 'Processes do not run in this installation.', {
    fields: [
      { field: 'target.kind', message: 'must be another kind: processes run on the embedded cloud only' },
    ],
  });
}
