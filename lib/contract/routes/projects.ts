import * as z from 'zod';
import { CreateProject, Project, UpdateProject } from '../../domain/project/schema.ts';
import { PAGING, page, route } from '../route.ts';
import { inProject } from './params.ts';

const DELETION = {
  /** Deletes it also when it has builds, artifacts, environments or secrets, and all of these with it. */
  force: z.enum(['true', 'false']).default('false'),
};

/** Projects. */
export const PROJECT_ROUTES = {
  createProject: route({
    method: 'POST',
    path: '/v1/projects',
    group: 'projects',
    access: 'admin',
    scope: 'installation',
    audit: 'installation',
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
      description: 'Projects by slug; for a token that is bound to a project, only that project',
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
    success: { status: 200, body: Project, description: 'The project after the change' },
    errors: ['busy'],
  }),
  deleteProject: route({
    method: 'DELETE',
    path: '/v1/projects/{project}',
    group: 'projects',
    access: 'admin',
    audit: 'installation',
    summary: 'Delete a project',
    params: inProject,
    query: DELETION,
    success: {
      status: 204,
      body: null,
      description: 'Deleted: the project can no longer be found, and its contents are being removed',
    },
    errors: ['project_not_empty', 'busy'],
  }),
} as const;
