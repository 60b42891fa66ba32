import { Id } from '../../domain/id.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { JobSecrets, PutSecret, Secret, SecretRead } from '../../domain/secret/schema.ts';
import { SecretName } from '../../domain/values.ts';
import { PAGING, page, route } from '../route.ts';
import { inProject } from './params.ts';

const ofSecret = { project: ProjectRef, name: SecretName };

/**
 * Secrets of projects. No route gives a value to people: jobs get them, and whoever lost one sets it anew.
 *
 * To set one takes a deployer, as a changed credential changes what every later build fetches and pushes. To see names
 * takes a developer, as whoever writes a manifest needs them; a developer's builds can read the values anyway.
 */
export const SECRET_ROUTES = {
  putSecret: route({
    repeat: 'rerun',
    secretBody: true,
    method: 'PUT',
    path: '/v1/projects/{project}/secrets/{name}',
    group: 'secrets',
    access: 'deployer',
    summary: 'Set a secret of a project',
    params: ofSecret,
    body: PutSecret,
    success: { status: 200, body: Secret, description: 'The secret, without its value' },
    errors: ['busy'],
  }),
  listSecrets: route({
    method: 'GET',
    path: '/v1/projects/{project}/secrets',
    group: 'secrets',
    access: 'developer',
    summary: 'List the secrets of a project',
    params: inProject,
    query: PAGING,
    success: { status: 200, body: page(Secret), description: 'Secrets by name, without their values' },
    errors: ['invalid_cursor'],
  }),
  getSecret: route({
    method: 'GET',
    path: '/v1/projects/{project}/secrets/{name}',
    group: 'secrets',
    access: 'developer',
    summary: 'Get a secret, without its value',
    params: ofSecret,
    success: { status: 200, body: Secret, description: 'The secret, without its value' },
  }),
  deleteSecret: route({
    method: 'DELETE',
    path: '/v1/projects/{project}/secrets/{name}',
    group: 'secrets',
    access: 'deployer',
    summary: 'Delete a secret',
    params: ofSecret,
    success: { status: 204, body: null, description: 'Builds can no longer read the secret' },
  }),
  listSecretReads: route({
    method: 'GET',
    path: '/v1/projects/{project}/secrets/{name}/reads',
    group: 'secrets',
    access: 'developer',
    summary: 'List the jobs that read a secret',
    params: ofSecret,
    query: PAGING,
    success: {
      status: 200,
      body: page(SecretRead),
      description: 'Reads of the last 90 days, newest first, including those of a deleted secret',
    },
    errors: ['invalid_cursor'],
  }),
  readJobSecrets: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/jobs/{job}/secrets',
    group: 'jobs',
    access: 'job',
    summary: 'Get the secrets of a job',
    params: { job: Id.job },
    success: { status: 200, body: JobSecrets, description: 'The values of the secrets that the job names' },
    errors: ['wrong_state'],
  }),
} as const;
