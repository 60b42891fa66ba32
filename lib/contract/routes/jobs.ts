import {
  ClaimedJob,
  ClaimJob,
  CreateJobUpload,
  Job,
  JobUpload,
  ProgressAnswer,
  ReportProgress,
  ReportResult,
} from '../../domain/execution/model/job.ts';
import { Id } from '../../domain/id.ts';
import { CLAIM_PATH } from '../claim-path.ts';
import { route } from '../route.ts';

/** Jobs: the agent's routes. */
export const JOB_ROUTES = {
  claimJob: route({
    repeat: 'rerun',
    method: 'POST',
    path: CLAIM_PATH,
    group: 'jobs',
    access: 'public',
    summary: 'Claim a job with its ticket',
    params: { job: Id.job },
    body: ClaimJob,
    success: {
      status: 200,
      body: ClaimedJob,
      description: 'The job, its source, and a token for it',
    },
    errors: ['ticket_refused', 'wrong_state'],
  }),
  getJob: route({
    method: 'GET',
    path: '/v1/jobs/{job}',
    group: 'jobs',
    access: 'job_or_viewer',
    summary: 'Get a job',
    params: { job: Id.job },
    success: { status: 200, body: Job, description: 'The job' },
  }),
  reportProgress: route({
    method: 'POST',
    path: '/v1/jobs/{job}/progress',
    group: 'jobs',
    access: 'job',
    summary: 'Report progress',
    params: { job: Id.job },
    body: ReportProgress,
    success: { status: 200, body: ProgressAnswer, description: 'Whether the job should continue' },
  }),
  createJobUpload: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/jobs/{job}/uploads',
    group: 'jobs',
    access: 'job',
    summary: 'Create an artifact and get its upload',
    params: { job: Id.job },
    body: CreateJobUpload,
    success: { status: 201, body: JobUpload, description: 'Where to upload the bytes' },
    errors: ['wrong_state'],
  }),
  reportResult: route({
    method: 'POST',
    path: '/v1/jobs/{job}/result',
    group: 'jobs',
    access: 'job',
    summary: 'Report the result of a job',
    params: { job: Id.job },
    body: ReportResult,
    success: { status: 200, body: Job, description: 'The job after the report' },
    errors: ['wrong_state', 'artifact_not_stored'],
  }),
} as const;
