/** One of each resource, checked by the contract's schemas. */
import { ROUTES } from '../../lib/contract/routes.ts';

const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
export const id = (prefix: string) => `${prefix}_${ULID}`;
const AT = '2026-11-21T09:30:00.000Z';
export const DIGEST = `sha256:${'ab'.repeat(32)}`;
const author = { created_at: AT, created_by: id('tok') };

export const project = ROUTES.getProject.success.body.parse({
  id: id('prj'),
  slug: 'hello',
  name: 'Hello',
  repository: 'acme/hello',
  default_branch: 'main',
  updated_at: AT,
  ...author,
});

export const source = ROUTES.getSource.success.body.parse({
  id: id('src'),
  project_id: project.id,
  sha256: 'ab'.repeat(32),
  size_bytes: 2048,
  format: 'tar.gz',
  status: 'stored',
  strip_components: 0,
  ...author,
});

export const run = ROUTES.getRun.success.body.parse({
  id: id('run'),
  build_id: id('bld'),
  project_id: project.id,
  status: 'completed',
  progress: 100,
  stage: 'done',
  job_ids: [id('job')],
  artifact_ids: [id('art')],
  started_at: AT,
  completed_at: '2026-11-21T09:31:05.000Z',
  ...author,
});

export const pendingRun = ROUTES.getRun.success.body.parse({
  ...run,
  status: 'pending',
  progress: 0,
  stage: 'queued',
  artifact_ids: [],
  completed_at: undefined,
});

export const failedRun = ROUTES.getRun.success.body.parse({
  ...run,
  status: 'failed',
  stage: 'command 2 of 3',
  artifact_ids: [],
  error: {
    code: 'build_error',
    message: 'The command ended with exit code 2.',
    hint: 'Run the command on your machine.',
    service: 'api',
    step: 'npm test',
    exit_code: 2,
    last_lines: ['1 test failed'],
  },
});

export const build = ROUTES.getBuild.success.body.parse({
  id: id('bld'),
  project_id: project.id,
  source_id: source.id,
  inputs: { channel: 'beta' },
  latest_run: run,
  ...author,
});

export const job = ROUTES.getJob.success.body.parse({
  id: id('job'),
  run_id: run.id,
  build_id: build.id,
  project_id: project.id,
  service: 'api',
  name: 'api',
  status: 'completed',
  progress: 100,
  stage: 'done',
  spec: { context: '.', commands: ['npm ci'], artifacts: [], env: {}, timeout_seconds: 600 },
  attempt: 1,
  artifact_ids: [id('art')],
  created_at: AT,
});

export const artifact = ROUTES.getArtifact.success.body.parse({
  id: id('art'),
  project_id: project.id,
  build_id: build.id,
  run_id: run.id,
  job_id: job.id,
  service: 'api',
  name: 'hello.zip',
  kind: 'file',
  content_type: 'application/zip',
  size_bytes: 5,
  digest: DIGEST,
  status: 'stored',
  created_at: AT,
});

export const release = ROUTES.getRelease.success.body.parse({
  id: id('rel'),
  project_id: project.id,
  build_id: build.id,
  run_id: run.id,
  version: '0.1.0',
  manifest_hash: DIGEST,
  artifacts: [
    {
      service: 'api',
      name: 'hello.zip',
      artifact_id: artifact.id,
      kind: 'file',
      digest: DIGEST,
      size_bytes: 5,
    },
  ],
  ...author,
});

export const environment = ROUTES.getEnvironment.success.body.parse({
  name: 'test',
  project_id: project.id,
  target: { kind: 'lambda', function_name: 'hello-test' },
  variables: { GREETING: 'Ahoy' },
  health_path: '/health',
  created_at: AT,
  updated_at: AT,
});

export const deployment = ROUTES.getDeployment.success.body.parse({
  id: id('dep'),
  project_id: project.id,
  environment: 'test',
  release_id: release.id,
  service: 'api',
  artifact_id: artifact.id,
  digest: DIGEST,
  target: environment.target,
  variables: {},
  health_path: '/health',
  status: 'succeeded',
  stage: 'done',
  url: 'http://127.0.0.1:4000/hello-test',
  ...author,
});

export const token = ROUTES.createToken.success.body.parse({
  id: id('tok'),
  name: 'ci',
  role: 'developer',
  secret: 'stt_the-secret-of-the-new-token',
  ...author,
});

export const me = ROUTES.whoAmI.success.body.parse({
  token_id: id('tok'),
  name: 'laptop',
  kind: 'service',
  role: 'admin',
  grants: [],
});

export const user = ROUTES.getUser.success.body.parse({
  id: id('usr'),
  name: 'alice',
  email: 'alice@example.com',
  display_name: 'Alice Liddell',
  status: 'active',
  grants: [{ project_id: project.id, project: 'hello', environment: 'test', role: 'deployer' }],
  updated_at: AT,
  ...author,
});

export const delivery = ROUTES.getDelivery.success.body.parse({
  id: id('dlv'),
  provider: 'github',
  guid: 'guid-1',
  event: 'push',
  received_at: AT,
  decision: { kind: 'building', reason: 'a push to main' },
  builds: [{ project_id: project.id, build_id: build.id }],
});

export const letter = ROUTES.getDeadLetter.success.body.parse({
  id: '0b6d3c1e-5d0f-4a53-9a8e-6f1f5b7b2c11',
  kind: 'failed',
  target: 'Staithe-EventsObjectCreated',
  reason: 'RetriesExhausted',
  message: 'TypeError: no key',
  attempts: 3,
  failed_at: AT,
  expires_at: '2026-12-05T09:30:00.000Z',
  event: { source: 'aws.s3', detail: { object: { key: 'a\u009b31m' } } },
});

/** A line of the log of the example run. */
export const line = (message: string, service = 'api') => ({
  timestamp: AT,
  job_id: job.id,
  service,
  job: service,
  attempt: 1,
  message,
});

export const onePage = <Item>(...items: Item[]) => ({ items, next_cursor: null });
