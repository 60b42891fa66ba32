import { CreateDeployment, Deployment } from '../../domain/deployment/schema.ts';
import { Environment, PutEnvironment } from '../../domain/environment/schema.ts';
import { Id } from '../../domain/id.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { PAGING, page, route, SPAN } from '../route.ts';
import { inEnvironment, inProject } from './params.ts';

/** Environments and deployments. */
export const ENVIRONMENT_ROUTES = {
  putEnvironment: route({
    method: 'PUT',
    path: '/v1/projects/{project}/environments/{environment}',
    group: 'environments',
    access: 'admin',
    summary: 'Create or change an environment',
    params: inEnvironment,
    body: PutEnvironment,
    success: { status: 200, body: Environment, description: 'The environment after the change' },
    errors: ['busy', 'function_taken', 'runtime_unavailable'],
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
    summary: 'Delete an environment and keep its function',
    params: inEnvironment,
    success: { status: 204, body: null, description: 'The environment is deleted' },
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
    success: { status: 202, body: Deployment, description: 'The deployment, in progress' },
    errors: [
      'busy',
      'release_yanked',
      'deployment_in_progress',
      'service_unknown',
      'artifact_not_deployable',
      'workflow_refused',
    ],
  }),
  listDeployments: route({
    method: 'GET',
    path: '/v1/projects/{project}/environments/{environment}/deployments',
    group: 'environments',
    access: 'viewer',
    summary: 'List the deployments to an environment',
    params: inEnvironment,
    query: { ...SPAN, ...PAGING },
    success: { status: 200, body: page(Deployment), description: 'Deployments, newest first' },
    errors: ['invalid_cursor'],
  }),
  listAllDeployments: route({
    method: 'GET',
    path: '/v1/deployments',
    group: 'environments',
    access: 'viewer',
    summary: 'List the deployments of one project or of all projects',
    query: { project: ProjectRef.optional(), ...SPAN, ...PAGING },
    success: {
      status: 200,
      body: page(Deployment),
      description: 'Deployments to existing environments, newest first',
    },
    errors: ['invalid_cursor', 'too_many_projects', 'too_many_environments'],
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
} as const;
