import * as z from 'zod';
import { Id } from '../../domain/id.ts';
import { Release } from '../../domain/release/schema.ts';
import { countOf } from './change.ts';
import { family } from './family.ts';
import { Actor, short } from './fields.ts';

const { shape } = Release;

export const releaseEvents = family({
  noun: 'Release',
  entity: 'release',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    build_id: shape.build_id,
    run_id: shape.run_id,
    release_version: short(100).optional().describe("the release's version, e.g. `1.4.0`"),
    tag: short(128).optional(),
    git_sha: shape.git_sha,
    manifest_hash: shape.manifest_hash,
    artifact_count: z.int().min(1),
    created_at: shape.created_at,
    created_by: Actor,
  },
  derived: (release) => ({ release_version: release.version, artifact_count: countOf(release.artifacts) }),
  statusOf: ({ before }) => (before === undefined ? 'created' : undefined),
  example: {
    id: 'rel_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    build_id: 'bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    run_id: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    release_version: '1.4.0',
    tag: 'v1.4.0',
    git_sha: '3f786850e387550fdab836ed7e6dc881de23001b',
    artifact_count: 2,
    created_at: '2026-11-21T09:35:00.000Z',
    created_by: 'token:release',
  },
  events: { created: { when: 'A release was created: its artifacts are frozen by digest.' } },
  earlier: { 0: z.object({ id: Id.release, status: z.string(), project_id: Id.project }) },
});
