import { Because } from '../../domain/deployment/schema.ts';
import { Environment, PutEnvironment } from '../../domain/environment/schema.ts';
import { PAGING, page, route } from '../route.ts';
import { inEnvironment, inProject } from './params.ts';

/** Environments and their rules. */
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
    errors: [
      'busy',
      'environment_owned',
      'function_taken',
      'runtime_unavailable',
      'target_unavailable',
      'environment_unknown',
    ],
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
    summary: 'Delete an environment and keep its target',
    params: inEnvironment,
    success: { status: 204, body: null, description: 'The environment is deleted' },
    errors: ['environment_in_use', 'environment_owned'],
  }),
  holdEnvironment: route({
    method: 'POST',
    path: '/v1/projects/{project}/environments/{environment}/hold',
    group: 'environments',
    access: 'deployer',
    summary: 'Hold the automatic promotions to an environment',
    params: inEnvironment,
    body: Because,
    success: { status: 200, body: Environment, description: 'The environment, on hold' },
    errors: ['busy'],
  }),
  resumeEnvironment: route({
    method: 'POST',
    path: '/v1/projects/{project}/environments/{environment}/resume',
    group: 'environments',
    access: 'deployer',
    summary: 'Resume the automatic promotions to an environment',
    params: inEnvironment,
    success: { status: 200, body: Environment, description: 'The environment, not on hold' },
    errors: ['busy'],
  }),
} as const;
