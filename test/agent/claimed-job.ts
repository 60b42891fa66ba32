/** The job that a control plane of tests gives to its agent. */
import type { Job, JobSpec } from '../../lib/domain/execution/model/job.ts';

export const JOB_ID = 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C3';
export const TICKET = 'tkt_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
/** 1980-02-21T16:53:20Z. */
export const TIME = 320_000_000;
export const TOKEN = 'token-of-this-job-only';

/** The artifact that an image is recorded as. */
export const IMAGE_ID = 'art_01JZX3V5N8Q2R4T6W8Y0A1B2C3';

export const ulid = (count: number): string => `01JZX3V5N8Q2R4T6W8Y0A1B2${String(count).padStart(2, '0')}`;

export function claimedJob(spec: Partial<JobSpec> = {}): Job {
  return {
    id: JOB_ID,
    run_id: `run_${ulid(1)}`,
    build_id: `bld_${ulid(1)}`,
    project_id: `prj_${ulid(1)}`,
    service: 'hello',
    name: 'hello',
    matrix: {},
    trust: 'own',
    status: 'building',
    progress: 0,
    stage: 'claimed',
    spec: {
      context: '.',
      commands: [],
      artifacts: [{ paths: ['**'], root: '.', format: 'zip' }],
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
    created_at: '2026-11-21T09:30:00.000Z',
  };
}
