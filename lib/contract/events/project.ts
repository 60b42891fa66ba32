import * as z from 'zod';
import { Id } from '../../domain/id.ts';
import { Deletion } from '../../domain/project/deletion.ts';
import { Project } from '../../domain/project/schema.ts';
import type { Image, Kept } from './change.ts';
import { family } from './family.ts';
import { Actor, short } from './fields.ts';

const project = Project.shape;
const isProject = (image: Image): boolean => image?.entity === 'project';

/** Where a project stands, a placeholder stands once it is deleted, and another project may stand later. */
const lifeOf = ({ before, after }: Kept): string | undefined => {
  if (before === undefined || !isProject(before)) return 'created';
  return before.updated_at === after.updated_at ? undefined : 'updated';
};

export const projectEvents = family({
  noun: 'Project',
  entity: 'project',
  version: 1,
  fields: {
    id: project.id,
    slug: project.slug,
    name: short(200),
    repository: short(140).optional(),
    default_branch: short(255),
    max_concurrent_jobs: project.max_concurrent_jobs,
    created_at: project.created_at,
    updated_at: project.updated_at,
    created_by: Actor,
  },
  statusOf: lifeOf,
  example: {
    id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    slug: 'hello',
    name: 'Hello',
    repository: 'acme/hello',
    default_branch: 'main',
    created_at: '2026-11-21T09:00:00.000Z',
    updated_at: '2026-11-21T09:00:00.000Z',
    created_by: 'user:alice',
  },
  events: {
    created: { when: 'A project was created.' },
    updated: {
      when: 'Settings of a project were changed.',
      example: { revision: 2, updated_at: '2026-11-21T10:00:00.000Z' },
    },
  },
  earlier: {},
});

const deletion = Deletion.shape;

export const deletionEvents = family({
  noun: 'Deletion',
  entity: 'deletion',
  version: 1,
  fields: {
    id: Id.project.describe("the project's id"),
    project_id: deletion.project_id,
    slug: deletion.slug,
    requested_at: deletion.requested_at,
    requested_by: Actor,
  },
  derived: ({ project_id: id }) => ({ id }),
  // The item of a deletion stays until nothing of the project is left.
  removed: { status: 'completed', when: () => true },
  example: {
    id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    slug: 'hello',
    requested_at: '2026-11-21T12:00:00.000Z',
    requested_by: 'user:alice',
  },
  events: {
    requested: { when: 'A project was deleted; its contents are being removed.' },
    completed: {
      when: 'The contents of a deleted project have been removed.',
      example: { previous_status: 'requested', revision: 2 },
    },
  },
  earlier: { 0: z.object({ status: z.string(), project_id: Id.project }) },
});
