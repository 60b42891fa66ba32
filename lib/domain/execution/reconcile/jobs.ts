/** Jobs of a run whose workflow still waits: an attempt without a heartbeat for too long is lost, and retried. */

import { isFinal } from '../../lifecycle.ts';
import type { JobMachine } from '../../ports/compute.ts';
import { failAttempt, markLost } from '../attempt/hand-over.ts';
import { noteLogStream } from '../attempt/log-stream.ts';
import { isLost } from '../attempt/losses.ts';
import { endOfMachine } from '../attempt/machine-end.ts';
import { executionOf } from '../model/execution.ts';
import type { JobRecord } from '../model/job-record.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { NEXT_JOB_DUE_MS, PICKUP_MS, RETRY_DUE_MS, SILENCE_MS } from '../model/time.ts';
import { startNextWorkflow } from './follow.ts';
import type { Repair, RunPorts } from './repair.ts';

/**
 * A job that is lost is handed over again by its workflow, which hears of the end of its machine. When it does not, the
 * workflow has missed an event, and another follows it once nobody is at work in it.
 */
export async function endLostJobs(
  ports: RunPorts,
  run: Run,
  all: readonly JobRecord[],
): Promise<Repair | undefined> {
  const now = ports.clock.now().getTime();
  const open = all.filter(isOpen);
  const overdue = open.filter((job) => isOverdue(job, now));
  if (overdue.length === 0) return undefined;
  const machines = await ports.machines.machinesOf(executionOf(run));
  const machineOf = (job: JobRecord) => currentMachine(job, machines.get(job.id));
  const checked = await Promise.all(
    overdue.map(async (job) => ({ job, what: await repairJob(ports, job, machineOf(job)) })),
  );
  const repaired = checked.filter(({ what }) => what !== undefined);
  const missedEvents = overdue.filter((job) => isLost(job) && !isRunning(machineOf(job)));
  const idle = open.every((job) => !isRunning(machineOf(job)));
  if (missedEvents.length > 0 && idle) {
    await startNextWorkflow(ports, run, 'event_lost');
    return { run_id: run.id, what: 'event lost', job_ids: missedEvents.map(({ id }) => id) };
  }
  if (idle && repaired.length === 0) {
    const unheard = unheardEnds(all, machines, now);
    if (unheard.length > 0) {
      await startNextWorkflow(ports, run, 'event_lost');
      return { run_id: run.id, what: 'event lost', job_ids: unheard.map(({ id }) => id) };
    }
  }
  const [first] = repaired;
  return first?.what && { run_id: run.id, what: first.what, job_ids: repaired.map(({ job }) => job.id) };
}

const isOpen = ({ status }: JobRecord): boolean => !isFinal(LIFECYCLE, status);

/**
 * Jobs that have ended and whose machines the workflow still waits for, while others wait behind them (`max_parallel`).
 * Had it been told, one of those would have a machine by now, would wait for its turn, or would have failed for want of a
 * machine.
 */
function unheardEnds(
  all: readonly JobRecord[],
  machines: ReadonlyMap<string, JobMachine>,
  now: number,
): readonly JobRecord[] {
  const ended = all.filter((job) => !isOpen(job) && machines.has(job.id));
  const last = Math.max(
    ...all.map((job) => Date.parse(job.completed_at ?? job.lost_attempts.at(-1)?.at ?? job.created_at)),
  );
  const isNextDue =
    now - last > NEXT_JOB_DUE_MS && !all.some((job) => isOpen(job) && job.turn_token !== undefined);
  return isNextDue && !ended.some((job) => isRunning(machines.get(job.id))) ? ended : [];
}

/**
 * The machine, unless it is that of an attempt that was lost: the workflow may wait for minutes until there is another
 * one (build.asl.yaml, RetryBuild). While the present attempt is lost, and not handed over, it is its own.
 */
function currentMachine(job: JobRecord, machine: JobMachine | undefined): JobMachine | undefined {
  const lost = job.lost_attempts.at(-1);
  if (lost === undefined || isLost(job) || machine?.startedAt === undefined) return machine;
  return machine.startedAt.getTime() < Date.parse(lost.at) ? undefined : machine;
}

const isRunning = (machine: JobMachine | undefined): boolean => machine?.status === 'running';

/** Whether the job's last sign of life is older than its limit. */
function isOverdue(job: JobRecord, now: number): boolean {
  const lost = job.lost_attempts.at(-1)?.at;
  if (isLost(job)) return now - Date.parse(lost ?? job.created_at) > RETRY_DUE_MS;
  if (job.claim_id === undefined) return now - Date.parse(lost ?? job.created_at) > PICKUP_MS;
  return now - Date.parse(job.last_heartbeat_at ?? job.started_at ?? job.created_at) > SILENCE_MS;
}

async function repairJob(
  ports: RunPorts,
  job: JobRecord,
  machine: JobMachine | undefined,
): Promise<Repair['what'] | undefined> {
  const claimed = job.claim_id !== undefined;
  if (machine !== undefined && isRunning(machine)) {
    // In the backend's queue: it may take its time.
    if (!claimed && !isLost(job)) return undefined;
    await markLost(ports, job, { reason: 'agent_silent' });
    await ports.machines.stop(machine.ref);
    return 'agent silent';
  }
  // In the project's queue, or waiting for one of the account's machines.
  if (isLost(job) || (machine === undefined && !claimed)) return undefined;
  if (machine?.logStream) await noteLogStream(ports, job, machine.logStream);
  const end = endOfMachine(machine?.status ?? 'lost', { claimed, detail: machine?.detail });
  if ('failure' in end) await failAttempt(ports, job, end.failure);
  else await markLost(ports, job, end.lost);
  return 'machine gone';
}
