/** A workflow has died, or waits for what will never come: another one goes on with the run. */
import { MAX_ATTEMPTS } from '../job/attempt.ts';
import { jobs } from '../job/record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { fail } from './end.ts';
import { executionOf, runIdOf } from './execution.ts';
import { lose } from './hand-over.ts';
import { start } from './index.ts';
import { runs } from './record.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from './schema.ts';

/**
 * Starts the next workflow of a run, as far as there are attempts. Jobs that had an agent have lost their attempt, as
 * their machines end with the workflow that waited for them; the next one's plan hands over what has not ended.
 * @param run as it was looked at: when it has had another workflow since, nothing is done
 */
export async function follow(ports: Pick<Ports, 'table' | 'workflows' | 'clock'>, run: Run): Promise<void> {
  const { workflow_attempt: before } = run;
  if (before >= MAX_ATTEMPTS) {
    await fail(ports, run.id, {
      code: 'internal_error',
      message: `The workflow of the run died ${MAX_ATTEMPTS} times before its last step.`,
      hint: 'Run the build again. If it stays, look at the last event of the execution in Step Functions.',
    });
    return;
  }
  const all = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  const held = all.filter((job) => job.claim_id !== undefined);
  await Promise.all(held.map((job) => lose(ports, job, { reason: 'workflow_ended' })));
  // Before the start: the end of the earlier execution is then nobody's news.
  const next = await runs.update(ports.table, Keys.run(run.id), (value) =>
    isFinal(LIFECYCLE, value.status) || value.workflow_attempt !== before
      ? undefined
      : { ...value, workflow_attempt: before + 1 },
  );
  if (next?.value.workflow_attempt === before + 1) await start(ports, next.value);
}

/**
 * An execution was stopped by somebody, or by its own time limit: nobody goes on with its run. News of one that another
 * follows, or whose run has ended, change nothing.
 */
export async function workflowStopped(
  ports: Pick<Ports, 'table' | 'clock'>,
  execution: string,
  message: string,
): Promise<void> {
  const run = (await runs.get(ports.table, Keys.run(runIdOf(execution))))?.value;
  if (run !== undefined && executionOf(run) === execution)
    await fail(ports, run.id, { code: 'internal_error', message, hint: 'Run the build again.' });
}
