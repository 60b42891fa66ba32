import * as z from 'zod';
import { Delivery } from '../../domain/delivery/schema.ts';
import { Id } from '../../domain/id.ts';
import type { Image } from './change.ts';
import { family } from './family.ts';
import { short } from './fields.ts';

const { shape } = Delivery;

const decisionOf = (image: Image): Readonly<Record<string, unknown>> =>
  typeof image?.decision === 'object' && image.decision !== null ? { ...image.decision } : {};

const kindOf = (image: Image): string | undefined => {
  const { kind } = decisionOf(image);
  return typeof kind === 'string' ? kind : undefined;
};

/** 25: projects of one repository. */
const MAX_BUILDS = 25;

const decided = {
  previous_status: 'received',
  revision: 3,
  decided_at: '2026-11-21T09:30:00.000Z',
};

export const deliveryEvents = family({
  noun: 'Delivery',
  entity: 'delivery',
  version: 1,
  fields: {
    id: shape.id,
    provider: shape.provider,
    guid: short(100).describe("GitHub's `X-GitHub-Delivery`"),
    event: short(100).describe("the git host's event"),
    repository: short(140).optional(),
    ref: short(300).optional(),
    git_sha: short(64).optional(),
    reason: short(1000).describe('the reason for this status'),
    builds: z
      .array(z.object({ project_id: Id.project, build_id: Id.build, run_id: Id.run.optional() }))
      .overwrite((builds) => builds.slice(0, MAX_BUILDS))
      .max(MAX_BUILDS)
      .describe('the builds started so far'),
    received_at: shape.received_at,
    decided_at: z.iso.datetime().optional(),
  },
  derived: (delivery) => {
    const { reason, decided_at } = decisionOf(delivery);
    return { reason, decided_at };
  },
  statusOf: ({ before, after }) => {
    const kind = kindOf(after);
    return kind === kindOf(before) ? undefined : kind;
  },
  previousOf: kindOf,
  example: {
    id: 'dlv_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    provider: 'github',
    guid: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    event: 'push',
    repository: 'acme/hello',
    ref: 'refs/heads/main',
    git_sha: '3f786850e387550fdab836ed7e6dc881de23001b',
    reason: 'Waiting for the trigger workflow.',
    builds: [],
    received_at: '2026-11-21T09:29:57.000Z',
  },
  events: {
    received: { when: 'A webhook was stored; the decision follows.' },
    building: {
      when: 'It started a build.',
      example: {
        ...decided,
        reason: 'refs/heads/main at 3f78685 is being built.',
        builds: [
          {
            project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
            build_id: 'bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
            run_id: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
          },
        ],
      },
    },
    duplicate: {
      when: 'Another delivery built the same commit of the same ref.',
      example: { ...decided, reason: 'Delivery dlv_01JZX3… built this commit of refs/heads/main.' },
    },
    ignored: {
      when: 'It starts no build.',
      example: { ...decided, reason: 'No project has the repository acme/hello.' },
    },
    failed: {
      when: 'The build could not be started.',
      example: { ...decided, reason: 'The git host does not have this commit.' },
    },
  },
  earlier: { 0: z.object({ id: Id.delivery, status: z.string() }) },
});
