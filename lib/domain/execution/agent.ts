/** Jobs, as their agent sees them: claim, progress, uploads, result. */

import type { Actor } from '../access/actor.ts';
import { matches } from '../access/secret.ts';
import { notFound, StaitheError } from '../error.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { sourceTime } from '../source/time.ts';
import { Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { SOURCE_TYPES } from '../upload.ts';
import * as Artifact from './artifacts.ts';
import { withLogStream } from './attempt/log-stream.ts';
import { isLost } from './attempt/losses.ts';
import { endWithLastJob } from './end/last-job.ts';
import type {
  ClaimedJob,
  ClaimJob,
  CreateJobUpload,
  Job,
  JobSpec,
  JobUpload,
  ReportProgress,
  ReportResult,
} from './model/job.ts';
import { type JobRecord, jobs } from './model/job-record.ts';
import { fitting, JOB_LIFECYCLE as LIFECYCLE } from './model/run.ts';
import { TOKEN_GRACE_SECONDS } from './model/time.ts';

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<JobRecord> {
  return readVisible(ports.table, jobs, Keys.job, actor, id);
}

/**
 * An agent takes the job.
 * @throws StaitheError ticket_refused (also for an unknown job, which tells nobody anything) | wrong_state
 */
export async function claim(
  ports: Pick<Ports, 'table' | 'blobs' | 'jobTokens' | 'clock'>,
  id: string,
  input: ClaimJob,
): Promise<ClaimedJob> {
  const now = ports.clock.now();
  const claimed = await jobs.update(ports.table, Keys.job(id), (job) => {
    if (!matches(input.ticket, job.ticket_hash)) throw refused();
    if (isFinal(LIFECYCLE, job.status)) throw new StaitheError('wrong_state', `Job ${id} is ${job.status}.`);
    if (isLost(job)) throw refused();
    if (job.claim_id === input.claim_id) return undefined;
    if (job.claim_id !== undefined) throw refused();
    return {
      ...withLogStream(job, input.log_stream),
      status: 'building',
      stage: 'starting',
      claim_id: input.claim_id,
      started_at: job.started_at ?? now.toISOString(),
      last_heartbeat_at: now.toISOString(),
      heard_at: now.toISOString(),
      // What waits in a queue uses up the run's time, and not the job's.
      spec: { ...job.spec, ...timeLeft(job, now) },
    };
  });
  if (claimed === undefined) throw refused();
  const { source, ...job } = claimed.value;
  const lifetime = job.spec.timeout_seconds + TOKEN_GRACE_SECONDS;
  const [shown, token] = await Promise.all([
    source && linkTo(ports, source, lifetime),
    ports.jobTokens.sign(
      { kind: 'job', job_id: id, run_id: job.run_id, project_id: job.project_id, claim_id: input.claim_id },
      new Date(now.getTime() + lifetime * 1000),
    ),
  ]);
  return { token, job, source: shown };
}

async function linkTo(
  { blobs }: Pick<Ports, 'blobs'>,
  { key, ...source }: NonNullable<JobRecord['source']>,
  expiresSeconds: number,
): Promise<NonNullable<ClaimedJob['source']>> {
  const { sha256, format, time_seconds = sourceTime(`sha256:${sha256}`) } = source;
  const contentType = format === 'file' ? 'application/octet-stream' : SOURCE_TYPES[format];
  const url = await blobs.presignDownload({ key, fileName: `source.${format}`, contentType, expiresSeconds });
  return { ...source, time_seconds, url };
}

/** The service's own limit, or what is left of the run's. Seconds, at least one. */
function timeLeft(job: JobRecord, now: Date): Pick<JobSpec, 'timeout_seconds' | 'timeout_of'> {
  const limit = job.spec.timeout_seconds;
  const left =
    job.deadline_at === undefined
      ? Number.POSITIVE_INFINITY
      : Math.floor((Date.parse(job.deadline_at) - now.getTime()) / 1000);
  return left < limit
    ? { timeout_seconds: Math.max(1, left), timeout_of: 'run' }
    : { timeout_seconds: limit, timeout_of: 'service' };
}

const refused = () => new StaitheError('ticket_refused', 'Ticket is not valid for this job.');

/** Whether the actor is the agent of an earlier attempt, or of one that was given up: another may have the job. */
const isSuperseded = (actor: Actor | undefined, job: JobRecord): boolean =>
  actor?.kind === 'job' && actor.claim_id !== undefined && (actor.claim_id !== job.claim_id || isLost(job));

/** @throws StaitheError wrong_state */
function assertClaimedBy(actor: Actor, job: JobRecord): void {
  if (isSuperseded(actor, job))
    throw new StaitheError(
      'wrong_state',
      `Job ${job.id} is no longer assigned to this agent: its attempt was abandoned.`,
    );
}

/**
 * The job, if this agent has it and it runs: what an agent may ask for ends with its job.
 * @throws StaitheError not_found | wrong_state
 */
export async function requireClaimed(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  id: string,
): Promise<JobRecord> {
  const job = await get(ports, actor, id);
  assertClaimedBy(actor, job);
  if (job.status !== 'building')
    throw new StaitheError('wrong_state', `Job ${id} is ${job.status}; it accepts no more requests.`);
  return job;
}

/** Notes the stage. Once the job has ended (cancelled, timed out), or another agent has it, the agent is told to stop. */
export async function progress(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  report: ReportProgress,
  actor?: Actor,
): Promise<{ cancel: boolean }> {
  const stored = await jobs.update(ports.table, Keys.job(id), (job) =>
    isFinal(LIFECYCLE, job.status) || isSuperseded(actor, job)
      ? undefined
      : {
          ...job,
          stage: report.stage,
          progress: Math.max(job.progress, report.progress),
          last_heartbeat_at: ports.clock.now().toISOString(),
          heard_at: ports.clock.now().toISOString(),
        },
  );
  if (stored === undefined) throw notFound('job', id);
  return { cancel: isFinal(LIFECYCLE, stored.value.status) || isSuperseded(actor, stored.value) };
}

/** @throws StaitheError not_found | wrong_state */
export async function createUpload(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  actor: Actor,
  id: string,
  input: CreateJobUpload,
): Promise<JobUpload> {
  const job = await get(ports, actor, id);
  assertClaimedBy(actor, job);
  if (job.status !== 'building')
    throw new StaitheError('wrong_state', `Job ${id} is ${job.status}; only a running job can upload.`);
  return Artifact.createForJob(ports, job, input);
}

/**
 * The agent's last word. That of the last job ends its run too: a repeat makes whole what a try that broke off has left.
 * @throws StaitheError wrong_state when the job has ended otherwise | artifact_not_stored
 */
export async function result(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  actor: Actor,
  id: string,
  report: ReportResult,
): Promise<Job> {
  if (report.status === 'completed') {
    const job = await get(ports, actor, id);
    await Promise.all(report.artifact_ids.map((artifactId) => Artifact.confirm(ports, job, artifactId)));
  }
  const now = ports.clock.now().toISOString();
  const ended = await jobs.update(ports.table, Keys.job(id), (job) => {
    assertClaimedBy(actor, job);
    if (job.status === report.status) return undefined;
    assertOfItsKind(job, report);
    if (job.status !== 'building')
      throw new StaitheError('wrong_state', `Job ${id} is ${job.status} already.`);
    return report.status === 'completed'
      ? {
          ...job,
          status: 'completed',
          stage: 'done',
          progress: 100,
          artifact_ids: [...new Set(report.artifact_ids)],
          outputs: report.outputs,
          completed_at: now,
          reported: true,
        }
      : {
          ...job,
          status: 'failed',
          stage: 'failed',
          error: fitting({ ...report.error, job_id: id, service: job.service, job: job.name }),
          completed_at: now,
          reported: true,
        };
  });
  if (ended === undefined) throw notFound('job', id);
  await endWithLastJob(ports, ended.value);
  return ended.value;
}

/** A build makes artifacts, and a deployment's job tells outputs: neither what is the other's. @throws StaitheError */
function assertOfItsKind(job: JobRecord, report: ReportResult): void {
  if (report.status !== 'completed') return;
  if ((job.deployment_id !== undefined) === (report.outputs !== undefined)) return;
  throw new StaitheError(
    'wrong_state',
    job.deployment_id === undefined
      ? `Job ${job.id} is of a build, which has artifacts and no outputs.`
      : `Job ${job.id} is of a deployment, which has outputs and no artifacts.`,
  );
}
