import { Id } from '../../domain/id.ts';
import { CreateSource, Source, SourceWithUpload } from '../../domain/source/schema.ts';
import { route } from '../route.ts';
import { inProject } from './params.ts';

/** Sources and their uploads. */
export const SOURCE_ROUTES = {
  createSource: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/projects/{project}/sources',
    group: 'sources',
    access: 'developer',
    summary: 'Create a source and get its upload',
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
} as const;
