import * as z from 'zod';
import { Artifact } from '../../domain/artifact/schema.ts';
import { Id } from '../../domain/id.ts';
import { family } from './family.ts';
import { Actor, Cell, short } from './fields.ts';

const { shape } = Artifact;

const arrived = { previous_status: 'pending', revision: 2, stored_at: '2026-11-21T09:31:43.000Z' };

export const artifactEvents = family({
  noun: 'Artifact',
  entity: 'artifact',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    origin: shape.origin.describe(
      'whether it was built by a job, uploaded by a user, or is an image that was released by its digest',
    ),
    build_id: shape.build_id,
    run_id: shape.run_id,
    job_id: shape.job_id,
    service: shape.service,
    matrix: Cell.default({}),
    name: short(255),
    kind: shape.kind,
    content_type: short(200),
    size_bytes: shape.size_bytes,
    digest: shape.digest,
    image_ref: short(600).optional().describe('of an image: the reference to pull, by digest'),
    error: z
      .object({ code: short(50), message: short(2000) })
      .optional()
      .describe('why it was rejected'),
    created_at: shape.created_at,
    stored_at: shape.stored_at,
    created_by: Actor.optional().describe('who uploaded or released it'),
  },
  derived: ({ image }) => ({
    image_ref: image === undefined ? undefined : Reflect.get(Object(image), 'ref'),
  }),
  // A job tells of an artifact just before its bytes: nobody acts on that, and it would be an invocation for each.
  untold: { status: 'pending', origin: 'build' },
  // What was never stored vanishes by itself after a week, which is no event.
  removed: { status: 'deleted', when: ({ status }) => status === 'stored' },
  example: {
    id: 'art_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    origin: 'build',
    build_id: 'bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    run_id: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    job_id: 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    service: 'api',
    matrix: {},
    name: 'api.zip',
    kind: 'file',
    content_type: 'application/zip',
    size_bytes: 48_213,
    digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    created_at: '2026-11-21T09:31:42.000Z',
  },
  events: {
    pending: {
      when: 'A user created it, and its bytes have not arrived yet. Artifacts of builds begin with `stored`.',
      example: {
        origin: 'upload',
        build_id: undefined,
        run_id: undefined,
        job_id: undefined,
        service: undefined,
      },
    },
    verifying: { when: 'The bytes of an upload have arrived and are being verified.', example: arrived },
    stored: { when: 'Its bytes are stored and match their declared digest.', example: arrived },
    rejected: {
      when: 'The bytes of an upload did not match their declared digest and were deleted.',
      example: {
        previous_status: 'verifying',
        revision: 3,
        error: { code: 'digest_mismatch', message: 'The bytes do not match the declared sha256.' },
      },
    },
    deleted: {
      when: 'A stored artifact was deleted, by a user or with its project.',
      example: { ...arrived, previous_status: 'stored' },
    },
  },
  earlier: { 0: z.object({ id: Id.artifact, status: z.string(), project_id: Id.project }) },
});
