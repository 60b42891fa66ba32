import { Artifact } from '../../domain/artifact/schema.ts';
import { Id } from '../../domain/id.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { PAGING, page, route } from '../route.ts';

/** Artifacts. */
export const ARTIFACT_ROUTES = {
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
} as const;
