/** One open run: what its workflow, its jobs and their machines say, and what follows from it. */

import type { JobRecord } from '../job/record.ts';
import { jobs } from '../job/record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { failJob } from '../run/end.ts';
import { finish } from '../run/finish.ts';
import { fail, start } from '../run/index.ts';
import { type Failure, RUN_LIFECYCLE as LIFECYCLE, type Run } from '../run/schema.ts';
import { PAST_LIMIT } from '../run/settle.ts';
import { Keys } from '../storage/keys.ts';

export type RunPorts = Pick<Ports, 'table' | 'workflows' | 'backend' | 'clock'>;

export interface Finding {
  readonly run_id: string;
  readonly what:
    | 'never started'
    | 'workflow died'
    | 'out of time'
    | 'agent silent'
    | 'machine gone'
    | 'event lost';
  readonly job_ids: readonly string[];
}

const MINUTE_MS = 60_000;
/** A run is started by the request, and again by the outbox; whoever has not begun after two minutes was lost. */
const START_MS = 2 * MINUTE_MS;
/** An agent speaks every 20 s, and tries for a minute when nobody answers: three minutes of silence are none of its own. */
const SILENCE_MS = 3 * MINUTE_MS;
/** A machine takes a job within a minute or two; after five it is worth asking whether there is one at all. */
const PICKUP_MS = 5 * MINUTE_MS;
/** What the workflow may take from its last job's end to its own. */
const FINISH_MS = MINUTE_MS;

export async function lookAt(ports: RunPorts, run: Run): Promise<Finding | undefined> {
  const now = ports.clock.now().getTime();
  if (run.deadline_at !== undefined && Date.parse(run.deadline_at) <= now) return outOfTime(ports, run);
  const state = await ports.workflows.state('build', run.id);
  if (state === undefined) return neverStarted(ports, run, now);
  if (state !== 'running') return workflowEnded(ports, run, state);
  if (run.status !== 'building') return undefined;
  return workers(ports, run, now);
}

async function outOfTime(ports: RunPorts, run: Run): Promise<Finding> {
  const seconds = Math.round((Date.parse(run.deadline_at ?? '') - Date.parse(run.created_at)) / 1000);
  await fail(ports, run.id, {
    code: 'timeout_error',
    message: `The run was ended after the ${seconds} seconds that the build allows it.`,
    hint: "Raise the build's timeout, or look at the log for what took so long.",
  });
  await ports.workflows.stop('build', run.id, 'the run is out of time');
  return { run_id: run.id, what: 'out of time', job_ids: run.job_ids };
}

async function neverStarted(ports: RunPorts, run: Run, now: number): Promise<Finding | undefined> {
  if (now - Date.parse(run.created_at) < START_MS) return undefined;
  await start(ports, run);
  return { run_id: run.id, what: 'never started', job_ids: [] };
}

/** Its end was told by an event that did not come, or its last step has just begun to write. */
async function workflowEnded(ports: RunPorts, run: Run, state: 'succeeded' | 'died'): Promise<Finding> {
  if (state === 'succeeded') await finish(ports, run.id);
  else
    await fail(ports, run.id, {
      code: 'internal_error',
      message: 'The workflow of the run died before its last step.',
      hint: 'Run the build again.',
    });
  return { run_id: run.id, what: 'workflow died', job_ids: run.job_ids };
}

async function workers(ports: RunPorts, run: Run, now: number): Promise<Finding | undefined> {
  const all = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  const open = all.filter((job) => !isFinal(LIFECYCLE, job.status));
  if (open.length === 0) return allEnded(ports, run, all, now);
  const odd = open.filter((job) => isOdd(job, now));
  if (odd.length === 0) return undefined;
  const machines = await ports.backend.jobsOf(run.id);
  const gone: string[] = [];
  let what: Finding['what'] = 'machine gone';
  for (const job of odd) {
    const machine = machines.get(job.id);
    // In a queue, the project's or the backend's: it may take its time.
    if (job.status === 'pending' && (machine === undefined || machine.active)) continue;
    if (machine?.active) what = 'agent silent';
    await failJob(ports, job.id, reasonOf(job, machine));
    if (machine?.active) await ports.backend.stop(machine.ref);
    gone.push(job.id);
  }
  return gone.length === 0 ? undefined : { run_id: run.id, what, job_ids: gone };
}

/** What has not been heard of for longer than is right. */
function isOdd(job: JobRecord, now: number): boolean {
  const heard = Date.parse(job.heard_at ?? job.started_at ?? job.created_at);
  return now - heard > (job.status === 'pending' ? PICKUP_MS : SILENCE_MS);
}

function reasonOf(job: JobRecord, machine: { active: boolean; status: string } | undefined): Failure {
  if (machine?.active)
    return {
      code: 'internal_error',
      message: `The build agent fell silent at '${job.stage}'; it was last heard of at ${job.heard_at ?? job.started_at}.`,
      hint: 'Run the failed jobs again. If it stays, look at the last lines of its log: what came last may have taken all memory.',
    };
  if (machine?.status === 'TIMED_OUT') return PAST_LIMIT;
  return {
    code: 'internal_error',
    message: `The build machine ended (${machine?.status ?? 'nobody knows how'}) and its agent left no result.`,
    hint: 'Run the failed jobs again.',
  };
}

/** All jobs have ended, and the workflow still waits: it never heard of a build's end. */
async function allEnded(
  ports: RunPorts,
  run: Run,
  all: readonly JobRecord[],
  now: number,
): Promise<Finding | undefined> {
  const last = Math.max(...all.map((job) => Date.parse(job.completed_at ?? job.created_at)));
  if (now - last < FINISH_MS) return undefined;
  await finish(ports, run.id);
  await ports.workflows.stop('build', run.id, 'all jobs have ended');
  return { run_id: run.id, what: 'event lost', job_ids: run.job_ids };
}
