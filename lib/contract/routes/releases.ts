import * as z from 'zod';
import { Id } from '../../domain/id.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { ReleaseDiff } from '../../domain/release/diff-schema.ts';
import {
  CreateRelease,
  Release,
  ReleaseRef,
  TagPattern,
  VersionRange,
  YankRelease,
} from '../../domain/release/schema.ts';
import { GitSha } from '../../domain/values.ts';
import { PAGING, page, route, SPAN } from '../route.ts';
import { inProject } from './params.ts';

const FILTER = {
  git_sha: GitSha.optional(),
  yanked: z.enum(['true', 'false']).optional().describe('whether it is yanked'),
};

/** Releases. */
export const RELEASE_ROUTES = {
  createRelease: route({
    method: 'POST',
    path: '/v1/projects/{project}/releases',
    group: 'releases',
    access: 'developer',
    summary: 'Create a release from a build, from artifacts or from images',
    params: inProject,
    body: CreateRelease,
    success: { status: 201, body: Release, description: 'The release' },
    errors: [
      'version_taken',
      'tag_taken',
      'nothing_to_release',
      'artifact_not_stored',
      'image_unknown',
      'registry_unavailable',
      'registry_refused',
    ],
  }),
  listReleases: route({
    method: 'GET',
    path: '/v1/projects/{project}/releases',
    group: 'releases',
    access: 'viewer',
    summary: 'List the releases of a project',
    params: inProject,
    query: {
      version: VersionRange.optional().describe('of a version in this range, highest first'),
      tag: TagPattern.optional().describe(
        'of this tag; with * at the end, of tags that begin so, last first',
      ),
      build: Id.build.optional(),
      ...FILTER,
      ...SPAN,
      ...PAGING,
    },
    success: { status: 200, body: page(Release), description: 'Releases, newest first' },
    errors: ['invalid_cursor'],
  }),
  listAllReleases: route({
    method: 'GET',
    path: '/v1/releases',
    group: 'releases',
    access: 'viewer',
    summary: 'List the releases of all projects',
    query: { ...FILTER, ...SPAN, ...PAGING },
    success: { status: 200, body: page(Release), description: 'Releases, newest first' },
    errors: ['invalid_cursor', 'too_many_projects'],
  }),
  resolveRelease: route({
    method: 'GET',
    path: '/v1/projects/{project}/releases/{release}',
    group: 'releases',
    access: 'viewer',
    summary: 'Resolve a version, a tag, latest or a range of versions',
    params: { project: ProjectRef, release: ReleaseRef },
    success: { status: 200, body: Release, description: 'The release' },
    errors: ['busy'],
  }),
  diffReleases: route({
    method: 'GET',
    path: '/v1/projects/{project}/releases/{release}/diff/{other}',
    group: 'releases',
    access: 'viewer',
    summary: 'Compare two releases: commits, artifacts and manifests',
    params: { project: ProjectRef, release: ReleaseRef, other: ReleaseRef },
    success: { status: 200, body: ReleaseDiff, description: 'What differs, from {release} to {other}' },
    errors: ['busy'],
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
  yankRelease: route({
    method: 'POST',
    path: '/v1/releases/{release}/yank',
    group: 'releases',
    access: 'developer',
    summary: 'Yank a release: it is not deployed any more',
    params: { release: Id.release },
    body: YankRelease,
    success: { status: 200, body: Release, description: 'The release' },
    errors: ['busy'],
  }),
  unyankRelease: route({
    method: 'POST',
    path: '/v1/releases/{release}/unyank',
    group: 'releases',
    access: 'deployer',
    summary: 'Take a yank back',
    params: { release: Id.release },
    success: { status: 200, body: Release, description: 'The release' },
    errors: ['busy'],
  }),
} as const;
