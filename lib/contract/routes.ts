/**
 * THE table of routes. API Gateway's routes, the validation of requests, the handlers' types, the client and the
 * OpenAPI document all read it; nothing about a route is written anywhere else.
 */
import * as z from 'zod';
import { Artifact } from '../domain/artifact/schema.ts';
import { Build, BuildWithRun, CreateBuild } from '../domain/build/schema.ts';
import { Delivery } from '../domain/delivery/schema.ts';
import { CreateDeployment, Deployment } from '../domain/deployment/schema.ts';
import { Environment, PutEnvironment } from '../domain/environment/schema.ts';
import { Id } from '../domain/id.ts';
import {
  ClaimedJob,
  ClaimJob,
  CreateJobUpload,
  Job,
  JobUpload,
  ProgressAnswer,
  ReportProgress,
  ReportResult,
} from '../domain/job/schema.ts';
import { CreateProject, Project, ProjectRef, UpdateProject } from '../domain/project/schema.ts';
import { CreateRelease, Release, ReleaseRef } from '../domain/release/schema.ts';
import { LogPage, Run } from '../domain/run/schema.ts';
import { CreateSource, Source, SourceWithUpload } from '../domain/source/schema.ts';
import { CreateToken, Token, TokenWithSecret, WhoAmI } from '../domain/token/schema.ts';
import { Name } from '../domain/values.ts';
import { PAGING, page, route } from './route.ts';

const inProject = { project: ProjectRef };
const inEnvironment = { project: ProjectRef, environment: Name };

export const ROUTES = {
  // Projects
  createProject: route({
    method: 'POST',
    path: '/v1/projects',
    group: 'projects',
    access: 'admin',
    summary: 'Create a project',
    body: CreateProject,
    success: { status: 201, body: Project, description: 'The new project' },
    errors: ['slug_taken'],
  }),
  listProjects: route({
    method: 'GET',
    path: '/v1/projects',
    group: 'projects',
    access: 'viewer',
    summary: 'List projects',
    query: PAGING,
    success: {
      status: 200,
      body: page(Project),
      description: 'Projects by slug; a token bound to one project sees that one',
    },
    errors: ['invalid_cursor'],
  }),
  getProject: route({
    method: 'GET',
    path: '/v1/projects/{project}',
    group: 'projects',
    access: 'viewer',
    summary: 'Get a project',
    params: inProject,
    success: { status: 200, body: Project, description: 'The project' },
  }),
  updateProject: route({
    method: 'PATCH',
    path: '/v1/projects/{project}',
    group: 'projects',
    access: 'admin',
    summary: 'Change a project',
    params: inProject,
    body: UpdateProject,
    success: { status: 200, body: Project, description: 'The project as it is now' },
    errors: ['busy'],
  }),
  deleteProject: route({
    method: 'DELETE',
    path: '/v1/projects/{project}',
    group: 'projects',
    access: 'admin',
    summary: 'Delete an empty project',
    params: inProject,
    success: { status: 204, body: null, description: 'Deleted' },
    errors: ['project_not_empty'],
  }),

  // Sources
  createSource: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/projects/{project}/sources',
    group: 'sources',
    access: 'developer',
    summary: 'Announce a source and get its upload',
    params: inProject,
    body: CreateSource,
    success: {
      status: 201,
      body: SourceWithUpload,
      description: 'The source, and where to upload its bytes',
    },
  }),
  getSource: route({
    method: 'GET',
    path: '/v1/sources/{source}',
    group: 'sources',
    access: 'viewer',
    summary: 'Get a source',
    params: { source: Id.source },
    success: { status: 200, body: Source, description: 'The source' },
  }),

  // Builds
  createBuild: route({
    method: 'POST',
    path: '/v1/projects/{project}/builds',
    group: 'builds',
    access: 'developer',
    summary: 'Create a build and start it',
    params: inProject,
    body: CreateBuild,
    success: {
      status: 202,
      body: BuildWithRun,
      description: 'The build; its run is under way unless start was false',
    },
    errors: ['source_not_uploaded', 'source_mismatch'],
  }),
  listBuilds: route({
    method: 'GET',
    path: '/v1/projects/{project}/builds',
    group: 'builds',
    access: 'viewer',
    summary: 'List builds',
    params: inProject,
    query: PAGING,
    success: { status: 200, body: page(Build), description: 'Builds, newest first' },
    errors: ['invalid_cursor'],
  }),
  getBuild: route({
    method: 'GET',
    path: '/v1/builds/{build}',
    group: 'builds',
    access: 'viewer',
    summary: 'Get a build with its newest run',
    params: { build: Id.build },
    success: { status: 200, body: BuildWithRun, description: 'The build' },
  }),
  createRun: route({
    method: 'POST',
    path: '/v1/builds/{build}/runs',
    group: 'builds',
    access: 'developer',
    summary: 'Run a build again',
    params: { build: Id.build },
    success: { status: 202, body: Run, description: 'The new run' },
  }),
  listRuns: route({
    method: 'GET',
    path: '/v1/builds/{build}/runs',
    group: 'builds',
    access: 'viewer',
    summary: 'List the runs of a build',
    params: { build: Id.build },
    query: PAGING,
    success: { status: 200, body: page(Run), description: 'Runs, newest first' },
    errors: ['invalid_cursor'],
  }),
  listBuildArtifacts: route({
    method: 'GET',
    path: '/v1/builds/{build}/artifacts',
    group: 'builds',
    access: 'viewer',
    summary: 'List the artifacts of a build',
    params: { build: Id.build },
    query: { run: Id.run.optional() },
    success: {
      status: 200,
      body: z.object({ items: z.array(Artifact) }),
      description: 'Artifacts of the newest completed run, or of the run that is named',
    },
  }),
  getBuildLogs: route({
    method: 'GET',
    path: '/v1/builds/{build}/logs',
    group: 'builds',
    access: 'viewer',
    summary: 'Read the log of a build',
    params: { build: Id.build },
    query: {
      run: Id.run.optional(),
      cursor: z.string().max(8192).optional(),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(500)
        .meta({ examples: [500] }),
      /** Seconds to wait for new lines when there are none; below API Gateway's 30. */
      wait: z.coerce
        .number()
        .int()
        .min(0)
        .max(20)
        .default(0)
        .meta({ examples: [10] }),
      /** Whether to include the lines in which the build platform speaks of itself. */
      platform: z.enum(['true', 'false']).default('false'),
    },
    success: {
      status: 200,
      body: LogPage,
      description: 'Lines after the cursor. Read on with next_cursor until complete is true',
    },
    errors: ['invalid_cursor'],
  }),
  cancelBuild: route({
    method: 'POST',
    path: '/v1/builds/{build}/cancel',
    group: 'builds',
    access: 'developer',
    summary: 'Cancel the active run of a build',
    params: { build: Id.build },
    success: { status: 202, body: Run, description: 'The cancelled run' },
    errors: ['wrong_state'],
  }),
  getRun: route({
    method: 'GET',
    path: '/v1/runs/{run}',
    group: 'builds',
    access: 'viewer',
    summary: 'Get a run',
    params: { run: Id.run },
    success: { status: 200, body: Run, description: 'The run' },
  }),
  listJobs: route({
    method: 'GET',
    path: '/v1/runs/{run}/jobs',
    group: 'builds',
    access: 'viewer',
    summary: 'List the jobs of a run',
    params: { run: Id.run },
    success: {
      status: 200,
      body: z.object({ items: z.array(Job) }),
      description: 'All jobs of the run, by service',
    },
  }),
  cancelRun: route({
    method: 'POST',
    path: '/v1/runs/{run}/cancel',
    group: 'builds',
    access: 'developer',
    summary: 'Cancel a run',
    params: { run: Id.run },
    success: { status: 202, body: Run, description: 'The cancelled run' },
    errors: ['wrong_state'],
  }),

  // Jobs: the agent's routes
  claimJob: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/jobs/{job}/claim',
    group: 'jobs',
    access: 'public',
    summary: 'Trade a ticket for the job and its token',
    params: { job: Id.job },
    body: ClaimJob,
    success: {
      status: 200,
      body: ClaimedJob,
      description: 'What to do, where the source is, and a token for this job',
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
    success: { status: 200, body: ProgressAnswer, description: 'Whether to go on' },
  }),
  createJobUpload: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/jobs/{job}/uploads',
    group: 'jobs',
    access: 'job',
    summary: 'Announce an artifact and get its upload',
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
    summary: 'Report how the job ended',
    params: { job: Id.job },
    body: ReportResult,
    success: { status: 200, body: Job, description: 'The job as it is now' },
    errors: ['wrong_state', 'artifact_not_stored'],
  }),

  // Artifacts
  listArtifacts: route({
    method: 'GET',
    path: '/v1/artifacts',
    group: 'artifacts',
    access: 'viewer',
    summary: 'List the artifacts of a project',
    query: { project: ProjectRef, ...PAGING },
    success: { status: 200, body: page(Artifact), description: 'Artifacts, newest first' },
    errors: ['invalid_cursor'],
  }),
  getArtifact: route({
    method: 'GET',
    path: '/v1/artifacts/{artifact}',
    group: 'artifacts',
    access: 'viewer',
    summary: 'Get an artifact',
    params: { artifact: Id.artifact },
    success: { status: 200, body: Artifact, description: 'The artifact' },
  }),
  downloadArtifact: route({
    method: 'GET',
    path: '/v1/artifacts/{artifact}/download',
    group: 'artifacts',
    access: 'viewer',
    summary: 'Download an artifact',
    params: { artifact: Id.artifact },
    success: {
      status: 302,
      body: null,
      description: 'Go to the presigned URL in location; the digest is in x-staithe-digest',
    },
    errors: ['artifact_not_stored'],
  }),

  // Releases
  createRelease: route({
    method: 'POST',
    path: '/v1/projects/{project}/releases',
    group: 'releases',
    access: 'developer',
    summary: 'Cut a release from a build',
    params: inProject,
    body: CreateRelease,
    success: { status: 201, body: Release, description: 'The release; it never changes' },
    errors: ['version_taken', 'tag_taken', 'nothing_to_release'],
  }),
  listReleases: route({
    method: 'GET',
    path: '/v1/projects/{project}/releases',
    group: 'releases',
    access: 'viewer',
    summary: 'List releases',
    params: inProject,
    query: PAGING,
    success: { status: 200, body: page(Release), description: 'Releases, newest first' },
    errors: ['invalid_cursor'],
  }),
  resolveRelease: route({
    method: 'GET',
    path: '/v1/projects/{project}/releases/{release}',
    group: 'releases',
    access: 'viewer',
    summary: 'Resolve a tag, a version or latest',
    params: { project: ProjectRef, release: ReleaseRef },
    success: { status: 200, body: Release, description: 'The release' },
  }),
  getRelease: route({
    method: 'GET',
    path: '/v1/releases/{release}',
    group: 'releases',
    access: 'viewer',
    summary: 'Get a release',
    params: { release: Id.release },
    success: { status: 200, body: Release, description: 'The release' },
  }),

  // Environments and deployments
  putEnvironment: route({
    method: 'PUT',
    path: '/v1/projects/{project}/environments/{environment}',
    group: 'environments',
    access: 'admin',
    summary: 'Create or change an environment',
    params: inEnvironment,
    body: PutEnvironment,
    success: { status: 200, body: Environment, description: 'The environment as it is now' },
    errors: ['busy'],
  }),
  listEnvironments: route({
    method: 'GET',
    path: '/v1/projects/{project}/environments',
    group: 'environments',
    access: 'viewer',
    summary: 'List environments',
    params: inProject,
    query: PAGING,
    success: { status: 200, body: page(Environment), description: 'Environments by name' },
    errors: ['invalid_cursor'],
  }),
  getEnvironment: route({
    method: 'GET',
    path: '/v1/projects/{project}/environments/{environment}',
    group: 'environments',
    access: 'viewer',
    summary: 'Get an environment',
    params: inEnvironment,
    success: { status: 200, body: Environment, description: 'The environment' },
  }),
  deleteEnvironment: route({
    method: 'DELETE',
    path: '/v1/projects/{project}/environments/{environment}',
    group: 'environments',
    access: 'admin',
    summary: 'Forget an environment; its function stays',
    params: inEnvironment,
    success: { status: 204, body: null, description: 'Forgotten' },
    errors: ['environment_in_use'],
  }),
  createDeployment: route({
    method: 'POST',
    path: '/v1/projects/{project}/environments/{environment}/deployments',
    group: 'environments',
    access: 'deployer',
    summary: 'Deploy a release',
    params: inEnvironment,
    body: CreateDeployment,
    success: { status: 202, body: Deployment, description: 'The deployment, under way' },
    errors: ['deployment_in_progress', 'service_unknown', 'artifact_not_deployable'],
  }),
  listDeployments: route({
    method: 'GET',
    path: '/v1/projects/{project}/environments/{environment}/deployments',
    group: 'environments',
    access: 'viewer',
    summary: 'List deployments',
    params: inEnvironment,
    query: PAGING,
    success: { status: 200, body: page(Deployment), description: 'Deployments, newest first' },
    errors: ['invalid_cursor'],
  }),
  getDeployment: route({
    method: 'GET',
    path: '/v1/deployments/{deployment}',
    group: 'environments',
    access: 'viewer',
    summary: 'Get a deployment',
    params: { deployment: Id.deployment },
    success: { status: 200, body: Deployment, description: 'The deployment' },
  }),

  // Tokens
  createToken: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/tokens',
    group: 'tokens',
    access: 'admin',
    summary: 'Create a token',
    body: CreateToken,
    success: {
      status: 201,
      body: TokenWithSecret,
      description: 'The token with its secret, which is shown this once',
    },
  }),
  listTokens: route({
    method: 'GET',
    path: '/v1/tokens',
    group: 'tokens',
    access: 'admin',
    summary: 'List tokens',
    query: PAGING,
    success: { status: 200, body: page(Token), description: 'Tokens, newest first, without their secrets' },
    errors: ['invalid_cursor'],
  }),
  deleteToken: route({
    method: 'DELETE',
    path: '/v1/tokens/{token}',
    group: 'tokens',
    access: 'admin',
    summary: 'Revoke a token',
    params: { token: Id.token },
    success: { status: 204, body: null, description: 'Revoked' },
  }),
  whoAmI: route({
    method: 'GET',
    path: '/v1/whoami',
    group: 'tokens',
    access: 'viewer',
    summary: 'Tell whose token this is',
    success: { status: 200, body: WhoAmI, description: 'The role and the binding of the token' },
  }),

  // Webhooks
  receiveGithubWebhook: route({
    method: 'POST',
    path: '/v1/webhooks/github',
    group: 'webhooks',
    access: 'public',
    summary: 'Receive a webhook from GitHub',
    rawBody: true,
    success: {
      status: 202,
      body: z.object({ delivery_id: Id.delivery }),
      description: 'Kept; what came of it is at /v1/deliveries/{delivery}',
    },
    errors: ['invalid_signature'],
  }),
  listDeliveries: route({
    method: 'GET',
    path: '/v1/deliveries',
    group: 'webhooks',
    access: 'viewer',
    summary: 'List the webhooks that came for a project',
    query: { project: ProjectRef, ...PAGING },
    success: {
      status: 200,
      body: page(Delivery),
      description: 'Deliveries that led to a build of the project, newest first',
    },
    errors: ['invalid_cursor'],
  }),
  getDelivery: route({
    method: 'GET',
    path: '/v1/deliveries/{delivery}',
    group: 'webhooks',
    access: 'viewer',
    summary: 'See what came of a webhook',
    params: { delivery: Id.delivery },
    success: { status: 200, body: Delivery, description: 'The delivery and its decision' },
  }),

  // The service itself
  getHealth: route({
    method: 'GET',
    path: '/v1/health',
    group: 'service',
    access: 'public',
    summary: 'Tell whether the service answers',
    success: {
      status: 200,
      body: z.object({ status: z.literal('ok'), version: z.string() }),
      description: 'It does',
    },
  }),
  getOpenApi: route({
    method: 'GET',
    path: '/v1/openapi.json',
    group: 'service',
    access: 'public',
    summary: 'This document',
    success: { status: 200, body: z.record(z.string(), z.unknown()), description: 'OpenAPI 3.1' },
  }),
} as const;

export type Routes = typeof ROUTES;
export type OperationId = keyof Routes;
