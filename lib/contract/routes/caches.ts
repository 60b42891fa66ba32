import {
  Cache,
  CacheUploads,
  ConfirmedCaches,
  PurgedCaches,
  PurgeFilter,
  RestoreCaches,
  RestoredCaches,
  SaveCaches,
} from '../../domain/cache/schema.ts';
import { Id } from '../../domain/id.ts';
import { PAGING, page, route } from '../route.ts';
import { inProject } from './params.ts';

/** Caches: what one build leaves for the next. */
export const CACHE_ROUTES = {
  listCaches: route({
    method: 'GET',
    path: '/v1/projects/{project}/caches',
    group: 'caches',
    access: 'viewer',
    summary: 'List the caches of a project',
    params: inProject,
    query: PAGING,
    success: { status: 200, body: page(Cache), description: 'Caches by service and branch' },
    errors: ['invalid_cursor'],
  }),
  purgeCaches: route({
    method: 'DELETE',
    path: '/v1/projects/{project}/caches',
    group: 'caches',
    access: 'developer',
    summary: 'Delete caches of a project',
    params: inProject,
    query: PurgeFilter,
    success: { status: 200, body: PurgedCaches, description: 'How many caches were deleted' },
  }),
  restoreJobCaches: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/jobs/{job}/caches/restore',
    group: 'jobs',
    access: 'job',
    summary: 'Find the caches of a job',
    params: { job: Id.job },
    body: RestoreCaches,
    success: {
      status: 200,
      body: RestoredCaches,
      description: 'The caches found, and where to download them',
    },
    errors: ['wrong_state'],
  }),
  saveJobCaches: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/jobs/{job}/caches/save',
    group: 'jobs',
    access: 'job',
    summary: 'Create caches and get their uploads',
    params: { job: Id.job },
    body: SaveCaches,
    success: { status: 200, body: CacheUploads, description: 'Where to upload the bytes' },
    errors: ['wrong_state'],
  }),
  confirmJobCaches: route({
    method: 'POST',
    path: '/v1/jobs/{job}/caches/confirm',
    group: 'jobs',
    access: 'job',
    summary: 'Confirm uploaded caches',
    params: { job: Id.job },
    body: SaveCaches,
    success: { status: 200, body: ConfirmedCaches, description: 'The caches are available to builds' },
    errors: ['wrong_state', 'cache_not_stored'],
  }),
} as const;
