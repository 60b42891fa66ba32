/** The job of a deployment, as the engine of builds runs it: a run of one job, with the release's artifact as its source. */
import { hashOfSecret } from '../../access/secret.ts';
import type { Artifact } from '../../artifact/schema.ts';
import type { JobRecord } from '../../execution/model/job-record.ts';
import type { Run } from '../../execution/model/run.ts';
import { derivedId } from '../../id.ts';
import type { Machine } from '../../machine.ts';
import type { Project } from '../../project/schema.ts';
import { sourceTime } from '../../source/time.ts';
import { BlobKeys } from '../../storage/keys.ts';
import type { JobSettings } from '../../target/command.ts';
import { hexOf } from '../../values.ts';
import type { Deployment } from '../schema.ts';
import { JOB_WAIT_SECONDS } from '../time.ts';
import type { Purpose } from './purpose.ts';

/** Which job of a deployment: a test may be run again. */
export interface JobName {
  readonly purpose: Purpose;
  /** Counted from 1. */
  readonly round?: number;
}

/** The ids follow from the deployment: a job that is asked for twice runs once. */
export function idsOf(deploymentId: string, { purpose, round = 1 }: JobName) {
  const run = derivedId('run', deploymentId, purpose, String(round));
  return { run, job: derivedId('job', run, purpose) };
}

/** How often its test was begun at most: the first time by the deployment itself. */
export const roundsOf = ({ test_rounds: rounds = 1 }: Pick<Deployment, 'test_rounds'>): number => rounds;

/** All jobs that a deployment may have had, in their order. */
export const namesOf = (deployment: Pick<Deployment, 'test_rounds'>): readonly JobName[] => [
  { purpose: 'deploy' },
  ...Array.from(
    { length: roundsOf(deployment) },
    (_, index) => ({ purpose: 'test', round: index + 1 }) as const,
  ),
];

interface NewJob {
  readonly deployment: Deployment;
  readonly project: Pick<Project, 'max_concurrent_jobs'>;
  readonly artifact: Artifact;
  readonly machine: Machine;
  readonly name: JobName;
  readonly settings: JobSettings;
  /** Variables beside those of the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly now: Date;
}

export function runOf({ deployment, project, name, settings, now }: NewJob): Run {
  const ids = idsOf(deployment.id, name);
  const seconds = settings.timeout_seconds + JOB_WAIT_SECONDS;
  return {
    id: ids.run,
    deployment_id: deployment.id,
    project_id: deployment.project_id,
    status: 'building',
    progress: 0,
    stage: 'starting',
    kept_artifact_ids: [],
    force_rebuild: false,
    fail_fast: false,
    max_parallel: 1,
    workflow_attempt: 1,
    job_limit: project.max_concurrent_jobs,
    deadline_at: new Date(now.getTime() + seconds * 1000).toISOString(),
    job_ids: [ids.job],
    artifact_ids: [],
    created_at: now.toISOString(),
    started_at: now.toISOString(),
    created_by: deployment.created_by,
  };
}

export function jobOf(
  { deployment, project, artifact, machine, name, settings, env, now }: NewJob,
  ticket: string,
): JobRecord {
  const ids = idsOf(deployment.id, name);
  return {
    id: ids.job,
    run_id: ids.run,
    deployment_id: deployment.id,
    project_id: deployment.project_id,
    service: deployment.service,
    name: name.purpose,
    matrix: {},
    compute: machine,
    trust: 'own',
    status: 'pending',
    progress: 0,
    stage: 'queued',
    spec: {
      context: '.',
      commands: settings.commands,
      artifacts: [],
      env: { ...deployment.variables, ...variablesOf(deployment), ...env },
      timeout_seconds: settings.timeout_seconds,
      image: null,
      secrets: settings.secrets,
      caches: [],
      toolchains: [],
    },
    attempt: 1,
    lost_attempts: [],
    artifact_ids: [],
    created_at: now.toISOString(),
    ticket_hash: hashOfSecret(ticket),
    log_streams: [],
    deadline_at: new Date(now.getTime() + (settings.timeout_seconds + JOB_WAIT_SECONDS) * 1000).toISOString(),
    ...(project.max_concurrent_jobs !== undefined && { limited: true }),
    source: sourceOf(deployment, artifact),
  };
}

function variablesOf({ service, environment, id, release_id }: Deployment): Record<string, string> {
  return {
    STAITHE_SERVICE: service,
    STAITHE_ENVIRONMENT: environment,
    STAITHE_DEPLOYMENT_ID: id,
    STAITHE_RELEASE_ID: release_id,
  };
}

const FORMATS: Readonly<Record<string, 'zip' | 'tar.gz'>> = {
  'application/zip': 'zip',
  'application/gzip': 'tar.gz',
};

/** A gzip is a tar only when its name says so. */
const isTar = (name: string): boolean => /\.(tar\.gz|tgz)$/i.test(name);

/** None of an image: its reference is in the release's file. */
function sourceOf(deployment: Deployment, artifact: Artifact): JobRecord['source'] {
  const { image, name, size_bytes: size = 0, content_type: type } = artifact;
  if (image !== undefined) return undefined;
  const sha256 = hexOf(deployment.digest);
  const format = FORMATS[type];
  return {
    key: BlobKeys.artifact(deployment.project_id, sha256),
    sha256,
    size_bytes: size,
    format: format === undefined || (format === 'tar.gz' && !isTar(name)) ? 'file' : format,
    name,
    strip_components: 0,
    time_seconds: sourceTime(deployment.digest),
  };
}
