/** A job that an agent works on, with just the facts that a test is about. */
import { type JobRecord, jobs } from '../../../lib/domain/execution/model/job-record.ts';
import type { Project } from '../../../lib/domain/project/schema.ts';
import type { MemoryPorts } from '../../memory/index.ts';

export interface RunningJob {
  readonly job: JobRecord;
  readonly actor: {
    readonly kind: 'job';
    job_id: string;
    run_id: string;
    project_id: string;
    claim_id: string;
  };
}

const CLAIM = '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20';

export async function runningJob(
  ports: MemoryPorts,
  project: Project,
  facts: Partial<Omit<JobRecord, 'spec'>> & { readonly spec?: Partial<JobRecord['spec']> } = {},
): Promise<RunningJob> {
  const now = ports.clock.now();
  const ulid = () => ports.randomness.ulid(now.getTime());
  const { spec, ...rest } = facts;
  const job: JobRecord = {
    id: `job_${ulid()}`,
    run_id: `run_${ulid()}`,
    build_id: `bld_${ulid()}`,
    project_id: project.id,
    service: 'web',
    name: 'web',
    matrix: {},
    trust: 'own',
    status: 'building',
    progress: 10,
    stage: 'starting',
    spec: {
      context: '.',
      commands: ['make'],
      artifacts: [],
      env: {},
      timeout_seconds: 60,
      image: null,
      secrets: [],
      caches: [],
      toolchains: [],
      ...spec,
    },
    attempt: 1,
    lost_attempts: [],
    artifact_ids: [],
    created_at: now.toISOString(),
    ticket_hash: '',
    claim_id: CLAIM,
    log_streams: [],
    source: { key: 'k', sha256: '0'.repeat(64), size_bytes: 1, format: 'tar.gz', strip_components: 0 },
    ...rest,
  };
  await jobs.create(ports.table, job);
  const { id: job_id, run_id, project_id } = job;
  return { job, actor: { kind: 'job', job_id, run_id, project_id, claim_id: CLAIM } };
}
