import * as z from 'zod';
import { Id } from '../../domain/id.ts';
import { Release } from '../../domain/release/schema.ts';
import { Timestamp } from '../../domain/values.ts';
import { countOf, type Kept } from './change.ts';
import { family } from './family.ts';
import { Actor, short } from './fields.ts';

const { shape } = Release;

/** Nothing of a release changes but whether it is yanked; of another reason there is no event. */
function statusOf({ before, after }: Kept): string | undefined {
  if (before === undefined) return 'created';
  if ((before.yanked === undefined) === (after.yanked === undefined)) return undefined;
  return after.yanked === undefined ? 'unyanked' : 'yanked';
}

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
    hotfix: z.boolean().optional().describe('whether it may be deployed while promotions are stopped'),
    git_sha: shape.git_sha,
    manifest_hash: shape.manifest_hash,
    artifact_count: z.int().min(1),
    yanked: z
      .object({ reason: short(1000), at: Timestamp, by: Actor })
      .optional()
      .describe('why it is not to be deployed any more'),
    created_at: shape.created_at,
    created_by: Actor,
  },
  derived: (release) => ({ release_version: release.version, artifact_count: countOf(release.artifacts) }),
  statusOf,
  previousOf: (before) => (before.yanked === undefined ? 'created' : 'yanked'),
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
    created_by: 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  },
  events: {
    created: { when: 'A release was created: its artifacts are frozen by digest.' },
    yanked: {
      when: 'A release was yanked: it is not to be deployed any more.',
      example: {
        previous_status: 'created',
        revision: 2,
        yanked: {
          reason: 'Loses orders with more than 99 items.',
          at: '2026-11-22T08:00:00.000Z',
          by: 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
        },
      },
    },
    unyanked: {
      when: 'A yank was taken back: the release may be deployed.',
      example: { previous_status: 'yanked', revision: 3 },
    },
  },
  earlier: { 0: z.object({ id: Id.release, status: z.string(), project_id: Id.project }) },
});
