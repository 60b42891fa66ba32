import { s3Blobs } from '../../lib/aws/blobs.ts';
import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import { managedProjectSecrets } from '../../lib/aws/project-secrets.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { CACHE_ROUTES } from '../../lib/contract/routes/caches.ts';
import { JOB_ROUTES } from '../../lib/contract/routes/jobs.ts';
import { SECRET_ROUTES } from '../../lib/contract/routes/secrets.ts';
import * as Cache from '../../lib/domain/cache/job-caches.ts';
import { claim } from '../../lib/domain/deployment/jobs/claim.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { ofJob } from '../../lib/domain/execution/secrets.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = {
  table: dynamoTable(),
  blobs: s3Blobs(),
  jobTokens: jwtJobTokens(),
  projectSecrets: managedProjectSecrets(),
  clock,
  randomness,
};

export const handler = serve(
  'jobs',
  { ...JOB_ROUTES, ...SECRET_ROUTES, ...CACHE_ROUTES },
  {
    claimJob: ({ params, body }) => claim(ports, params.job, body),
    getJob: ({ actor, params }) => Job.get(ports, actor, params.job),
    reportProgress: ({ actor, params, body }) => Job.progress(ports, params.job, body, actor),
    readJobSecrets: ({ actor, params }) => ofJob(ports, actor, params.job),
    restoreJobCaches: ({ actor, params, body }) => Cache.restore(ports, actor, params.job, body),
    saveJobCaches: ({ actor, params, body }) => Cache.save(ports, actor, params.job, body),
    confirmJobCaches: ({ actor, params, body }) => Cache.confirm(ports, actor, params.job, body),
    createJobUpload: ({ actor, params, body }) => Job.createUpload(ports, actor, params.job, body),
    reportResult: ({ actor, params, body }) => Job.result(ports, actor, params.job, body),
  },
  ports,
);
