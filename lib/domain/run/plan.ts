/** The first step of the build workflow: from a source and its manifest to jobs. */

import { hashOfSecret } from '../access/secret.ts';
import { builds } from '../build/record.ts';
import type { Build } from '../build/schema.ts';
import { idFrom } from '../id.ts';
import { type JobRecord, jobs } from '../job/record.ts';
import { newTicket } from '../job/ticket.ts';
import { isFinal } from '../lifecycle.ts';
import { ManifestError, parse, type ReadManifest } from '../manifest/index.ts';
import { MANIFEST_FILES, MANIFEST_MAX_BYTES, type Manifest, type Service } from '../manifest/schema.ts';
import { ArchiveUnreadable, type Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { sources } from '../source/index.ts';
import type { Source } from '../source/schema.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { fail } from './index.ts';
import { runs } from './record.ts';
import { type Failure, RUN_LIFECYCLE as LIFECYCLE, type Run } from './schema.ts';

type PlanPorts = Pick<Ports, 'table' | 'trees' | 'clock' | 'randomness'>;

/** What the workflow hands to the backend for one job. */
export interface Dispatch {
  readonly job_id: string;
  readonly ticket: string;
  /** The backend's own limit, in whole minutes: the job's, and what fetching and uploading may take. */
  readonly timeout_minutes: number;
}

/** 15 minutes above the job's own limit, which the agent keeps itself: the backend's is for an agent that hangs. */
const BACKEND_GRACE_MINUTES = 15;

class PlanFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Plans a run. What is wrong with the input fails the run and ends the workflow; what is wrong with the platform is
 * thrown, and tried again. A repeat finds the jobs of the first time and gives them new tickets.
 */
export async function plan(
  ports: PlanPorts,
  runId: string,
): Promise<{ outcome: 'build' | 'ended'; jobs: Dispatch[] }> {
  const ended = { outcome: 'ended' as const, jobs: [] };
  const stored = await runs.get(ports.table, Keys.run(runId));
  if (stored === undefined || isFinal(LIFECYCLE, stored.value.status)) return ended;
  if (stored.value.status === 'building')
    return { outcome: 'build', jobs: await reissue(ports, stored.value) };
  try {
    const build = await builds.get(ports.table, Keys.build(stored.value.build_id));
    const source = build && (await sources.get(ports.table, Keys.source(build.value.source_id)));
    if (build === undefined || source === undefined)
      throw new Error(`Run ${runId} has no build or no source.`);
    const read = await readManifest(ports, source.value);
    checkHash(build.value, read.hash);
    const planned = jobsOf(
      ports,
      stored.value,
      source.value,
      chosen(build.value, read.manifest),
      build.value,
    );
    await Promise.all(planned.map(({ job }) => jobs.create(ports.table, job)));
    await runs.save(ports.table, stored, {
      ...stored.value,
      status: 'building',
      stage: 'starting',
      started_at: ports.clock.now().toISOString(),
      manifest_hash: read.hash,
      job_ids: planned.map(({ job }) => job.id),
    });
    return { outcome: 'build', jobs: planned.map(({ dispatch }) => dispatch) };
  } catch (error) {
    if (error instanceof ConditionFailed) return plan(ports, runId); // cancelled or planned meanwhile
    if (!(error instanceof PlanFailure)) throw error;
    await fail(ports, runId, error.failure);
    return ended;
  }
}

async function readManifest(ports: PlanPorts, source: Source): Promise<ReadManifest> {
  const archive = {
    key: BlobKeys.source(source.project_id, source.sha256),
    format: source.format,
    stripComponents: source.strip_components,
  };
  const entry = await ports.trees
    .readEntry({ ...archive, names: MANIFEST_FILES, maxBytes: MANIFEST_MAX_BYTES })
    .catch((error: unknown) => {
      if (error instanceof ArchiveUnreadable)
        throw new PlanFailure({
          code: 'source_error',
          message: error.message,
          hint: `Upload a ${source.format} of the project's tree.`,
        });
      throw error;
    });
  if (entry === undefined)
    throw new PlanFailure({
      code: 'manifest_error',
      message: 'The source has no staithe.yaml at its root, so there is nothing to build.',
      hint: 'Add a staithe.yaml with at least one service, or pack the folder that has it.',
    });
  try {
    return parse(Buffer.from(entry.bytes).toString('utf8'), entry.name);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new PlanFailure({
      code: 'manifest_error',
      message: error.message,
      hint: 'Correct the manifest where the message points.',
    });
  }
}

function checkHash(build: Build, hash: string): void {
  if (build.manifest_hash !== undefined && build.manifest_hash !== hash)
    throw new PlanFailure({
      code: 'manifest_error',
      message: `The build names manifest ${build.manifest_hash}, but the tree's is ${hash}.`,
      hint: 'Build the tree that belongs to the hash, or leave the hash out.',
    });
}

function chosen(build: Build, manifest: Manifest): [string, Service][] {
  const unknown = (build.services ?? []).filter((name) => !Object.hasOwn(manifest.services, name));
  if (unknown.length > 0)
    throw new PlanFailure({
      code: 'manifest_error',
      message: `The manifest has no service ${unknown.map((name) => `'${name}'`).join(', ')}; it has ${Object.keys(manifest.services).join(', ')}.`,
      hint: 'Name services of the manifest.',
    });
  return Object.entries(manifest.services)
    .filter(([name]) => build.services === undefined || build.services.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function jobsOf(
  ports: PlanPorts,
  run: Run,
  source: Source,
  services: [string, Service][],
  build: Build,
): { job: JobRecord; dispatch: Dispatch }[] {
  const now = ports.clock.now();
  const inputs = Object.fromEntries(
    Object.entries(build.inputs).map(([name, value]) => [`STAITHE_INPUT_${name.toUpperCase()}`, value]),
  );
  return services.map(([name, service]) => {
    const ticket = newTicket(ports.randomness);
    const job: JobRecord = {
      id: idFrom('job', ports.randomness.ulid(now.getTime())),
      run_id: run.id,
      build_id: run.build_id,
      project_id: run.project_id,
      service: name,
      name,
      matrix: {},
      trust: build.trust,
      status: 'pending',
      progress: 0,
      stage: 'queued',
      spec: {
        context: service.context,
        commands: service.commands,
        // A service that names no artifacts is its whole context: what a function without a build step is.
        artifacts: service.artifacts ?? [{ paths: ['**'], root: '.', format: 'zip' }],
        env: { ...service.env, ...inputs },
        timeout_seconds: service.timeout,
        image: null,
        secrets: [],
        caches: [],
      },
      attempt: 1,
      artifact_ids: [],
      created_at: now.toISOString(),
      ticket_hash: hashOfSecret(ticket),
      log_streams: [],
      source: {
        key: BlobKeys.source(source.project_id, source.sha256),
        sha256: source.sha256,
        size_bytes: source.size_bytes,
        format: source.format,
        strip_components: source.strip_components,
      },
    };
    return { job, dispatch: dispatchOf(job, ticket) };
  });
}

function dispatchOf(job: JobRecord, ticket: string): Dispatch {
  return {
    job_id: job.id,
    ticket,
    timeout_minutes: Math.ceil(job.spec.timeout_seconds / 60) + BACKEND_GRACE_MINUTES,
  };
}

async function reissue(ports: PlanPorts, run: Run): Promise<Dispatch[]> {
  const dispatches = await Promise.all(run.job_ids.map((jobId) => newAttempt(ports, jobId, 0)));
  return dispatches.filter((dispatch) => dispatch !== undefined);
}

/** A new ticket for a job that has not ended; the old one, and the agent that used it, are shut out. */
export async function newAttempt(
  ports: Pick<Ports, 'table' | 'randomness'>,
  jobId: string,
  step: 0 | 1,
): Promise<Dispatch | undefined> {
  const ticket = newTicket(ports.randomness);
  const stored = await jobs.update(ports.table, Keys.job(jobId), (job) =>
    isFinal(LIFECYCLE, job.status)
      ? undefined
      : {
          ...job,
          claim_id: undefined,
          ticket_hash: hashOfSecret(ticket),
          attempt: job.attempt + step,
          stage: 'queued',
        },
  );
  return stored === undefined || isFinal(LIFECYCLE, stored.value.status)
    ? undefined
    : dispatchOf(stored.value, ticket);
}
