import * as z from 'zod';
import { Artifact } from '../../domain/artifact/schema.ts';
import { BuildWithRun, CreateBuild, ListedBuild } from '../../domain/builds/schema.ts';
import { Job } from '../../domain/execution/model/job.ts';
import { CreateRun, Run, RunStatus } from '../../domain/execution/model/run.ts';
import { Id } from '../../domain/id.ts';
import { GitRef } from '../../domain/values.ts';
import { PAGING, page, route, SPAN } from '../route.ts';
import { inProject } from './params.ts';

/** By the status of the newest run, by a branch (`main`) or the full name of a ref, and by time. */
const BUILD_FILTER = { status: RunStatus.optional(), ref: GitRef.optional(), ...SPAN };

const FILTERED =
  'Builds with their newest runs, newest first; with a status, sorted by their newest runs. With status and ref, a page may be short: next_cursor shows whether there are more';

/** Builds and their runs. */
export const BUILD_ROUTES = {
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
      description: 'The build. Its run is in progress, unless start is false',
    },
    errors: ['source_not_uploaded', 'source_mismatch', 'workflow_refused'],
  }),
  listBuilds: route({
    method: 'GET',
    path: '/v1/projects/{project}/builds',
    group: 'builds',
    access: 'viewer',
    summary: 'List the builds of a project',
    params: inProject,
    query: { ...BUILD_FILTER, ...PAGING },
    success: { status: 200, body: page(ListedBuild), description: FILTERED },
    errors: ['invalid_cursor'],
  }),
  listAllBuilds: route({
    method: 'GET',
    path: '/v1/builds',
    group: 'builds',
    access: 'viewer',
    summary: 'List the builds of all projects',
    query: { ...BUILD_FILTER, ...PAGING },
    success: { status: 200, body: page(ListedBuild), description: FILTERED },
    errors: ['invalid_cursor', 'too_many_projects'],
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
    summary: 'Rerun a build',
    params: { build: Id.build },
    body: CreateRun,
    success: { status: 202, body: Run, description: 'The new run' },
    errors: ['wrong_state', 'workflow_refused'],
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
      description:
        'Artifacts of the newest run, or of the specified run. If it has not completed, the artifacts of its completed jobs',
    },
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
} as const;
