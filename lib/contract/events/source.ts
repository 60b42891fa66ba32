import * as z from 'zod';
import { Id } from '../../domain/id.ts';
import { Source } from '../../domain/source/schema.ts';
import { family } from './family.ts';
import { Actor, short } from './fields.ts';

const { shape } = Source;

export const sourceEvents = family({
  noun: 'Source',
  entity: 'source',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    sha256: shape.sha256,
    size_bytes: shape.size_bytes,
    format: shape.format,
    git: z
      .object({ repository: short(140), ref: short(300), sha: short(64) })
      .optional()
      .describe('the commit of the source; absent if it was uploaded'),
    created_at: shape.created_at,
    stored_at: shape.stored_at,
    created_by: Actor,
  },
  example: {
    id: 'src_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    size_bytes: 2048,
    format: 'tar.gz',
    created_at: '2026-11-21T09:29:58.000Z',
    created_by: 'user:alice',
  },
  events: {
    pending: { when: 'It was created, and its bytes have not arrived yet.' },
    stored: {
      when: 'Its bytes are stored, and it can be built.',
      example: { previous_status: 'pending', revision: 2, stored_at: '2026-11-21T09:29:59.000Z' },
    },
  },
  earlier: { 0: z.object({ id: Id.source, status: z.string(), project_id: Id.project }) },
});
