/** A run whose workflow Step Functions refuses to start: it is tried for a while, and then ends with the reason. */
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { WorkflowRefused, type Workflows } from '../../ports/workflows.ts';
import { Keys } from '../../storage/keys.ts';
import { fail } from '../end/index.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import { REFUSED_MS } from '../model/time.ts';
import type { Repair } from './repair.ts';

/** @throws the refusal, while it may still be mended: the sweep tells whoever watches its errors */
export async function startRefused(
  ports: Pick<Ports, 'table' | 'clock'>,
  run: Run,
  refusal: WorkflowRefused,
): Promise<Repair> {
  const now = ports.clock.now();
  const stored = await runs.update(ports.table, Keys.run(run.id), (value) =>
    isFinal(LIFECYCLE, value.status) || value.start_refused_at !== undefined
      ? undefined
      : { ...value, start_refused_at: now.toISOString() },
  );
  const since = stored?.value.start_refused_at;
  if (since === undefined || now.getTime() - Date.parse(since) < REFUSED_MS) throw refusal;
  await fail(ports, run.id, {
    code: 'internal_error',
    message: `Step Functions has refused to start the workflow of the run since ${since}: ${refusal.message}`,
    hint: 'Redeploy the stack: its state machine or a permission differs from the template. Then rerun the build.',
  });
  return { run_id: run.id, what: 'start refused', job_ids: run.job_ids };
}

/** Tells a refused start from whatever else is refused, such as a stop: only the first is counted. */
export function watchingStarts(workflows: Workflows): {
  workflows: Workflows;
  refusal: () => WorkflowRefused | undefined;
} {
  let refusal: WorkflowRefused | undefined;
  return {
    workflows: {
      ...workflows,
      async start(...args) {
        try {
          await workflows.start(...args);
        } catch (error) {
          if (error instanceof WorkflowRefused) refusal = error;
          throw error;
        }
      },
    },
    refusal: () => refusal,
  };
}

/** The run was looked at and no start was refused: the next refusal is the first of its own ten minutes. */
export async function clearRefusal(ports: Pick<Ports, 'table'>, run: Run): Promise<void> {
  if (run.start_refused_at === undefined) return;
  await runs.update(ports.table, Keys.run(run.id), (value) =>
    isFinal(LIFECYCLE, value.status) || value.start_refused_at !== run.start_refused_at
      ? undefined
      : { ...value, start_refused_at: undefined },
  );
}
