import * as z from 'zod';
import { Id } from '../../domain/id.ts';
import { Subscription } from '../../domain/subscription/schema.ts';
import { type Image, newStatus } from './change.ts';
import type { EventSpec } from './event.ts';
import { family } from './family.ts';
import { Actor, short } from './fields.ts';

const { shape } = Subscription;

const memberOf = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);

export const subscriptionEvents = family({
  noun: 'Subscription',
  entity: 'subscription',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id.describe('absent when it is of the whole installation'),
    name: short(100),
    target_kind: z.enum(['webhook', 'slack', 'email']),
    disabled_reason: short(1000).optional().describe('why it was disabled'),
    disabled_by: Actor.optional().describe('`staithe` when its target failed'),
    created_at: shape.created_at,
    created_by: Actor,
  },
  derived: ({ target, disabled }: NonNullable<Image>) => ({
    target_kind: memberOf(target, 'kind'),
    disabled_reason: memberOf(disabled, 'reason'),
    disabled_by: memberOf(disabled, 'by'),
  }),
  statusOf: (change) => {
    if (change.before === undefined) return 'created';
    const status = newStatus(change);
    return status === 'active' ? 'enabled' : status;
  },
  example: {
    id: 'sub_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    name: 'failed runs',
    target_kind: 'webhook',
    created_at: '2026-11-21T09:00:00.000Z',
    created_by: 'user:alice',
  },
  events: {
    created: { when: 'A subscription was created.' },
    enabled: {
      when: 'A disabled subscription was enabled.',
      example: { previous_status: 'disabled', revision: 4 },
    },
    disabled: {
      when: 'A subscription was disabled, by a user or because its target failed for 24 hours or answered with 410.',
      example: {
        previous_status: 'active',
        revision: 3,
        disabled_reason: 'The target answered with 410 Gone.',
        disabled_by: 'staithe',
      },
    },
    deleted: { when: 'A subscription was deleted.', example: { previous_status: 'active', revision: 5 } },
  },
  earlier: {},
});

/** What `staithe subscription test` sends. It is never published, and nobody can subscribe to it. */
export const subscriptionPing = {
  source: 'staithe',
  name: 'Subscription Ping',
  description: 'Somebody tries a subscription out.',
  detail: z.object({ subscription_id: Id.subscription, name: z.string(), project_id: Id.project.optional() }),
  example: { subscription_id: 'sub_01JZX3V5N8Q2R4T6W8Y0A1B2C3', name: 'failed runs' },
} as const satisfies EventSpec;
