import * as z from 'zod';
import { SyncedManifest, SyncManifest } from '../../domain/manifest/synced-schema.ts';
import { Digest } from '../../domain/values.ts';
import { route } from '../route.ts';
import { inProject } from './params.ts';

/** Manifests of projects, for trees that bring none of their own; and the schema of all of them. */
export const MANIFEST_ROUTES = {
  syncManifest: route({
    method: 'PUT',
    path: '/v1/projects/{project}/manifest',
    group: 'projects',
    access: 'developer',
    summary: 'Sync the manifest of a project',
    params: inProject,
    body: SyncManifest,
    // The answer can be larger than an item of the table, where first answers are kept; the same again changes nothing.
    repeat: 'rerun',
    success: {
      status: 200,
      body: SyncedManifest,
      description: 'The stored manifest. Builds of sources without a staithe.yaml use the one synced last',
    },
    errors: ['manifest_invalid'],
  }),
  getManifest: route({
    method: 'GET',
    path: '/v1/projects/{project}/manifest',
    group: 'projects',
    access: 'viewer',
    summary: 'Get the synced manifest of a project',
    params: inProject,
    query: { hash: Digest.optional() },
    success: {
      status: 200,
      body: SyncedManifest,
      description: 'The manifest with this hash, or the one that was synced last',
    },
  }),
  getManifestSchema: route({
    method: 'GET',
    path: '/v1/manifest.schema.json',
    group: 'service',
    access: 'public',
    summary: 'Get the JSON Schema of manifests',
    success: {
      status: 200,
      body: z.record(z.string(), z.unknown()),
      description: 'JSON Schema (draft 2020-12) with which editors complete and explain staithe.yaml',
    },
  }),
} as const;
