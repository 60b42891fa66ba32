import * as z from 'zod';
import { DecisionKind, Delivery } from '../../domain/delivery/schema.ts';
import { Id } from '../../domain/id.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { PAGING, page, route, SPAN } from '../route.ts';

/** Webhooks and what came of them. */
export const WEBHOOK_ROUTES = {
  receiveGithubWebhook: route({
    method: 'POST',
    path: '/v1/webhooks/github',
    group: 'webhooks',
    access: 'public',
    summary: 'Receive a webhook from GitHub',
    rawBody: true,
    // What gets through to a function is taken: 6 MB, less what JSON in JSON escapes.
    anySize: true,
    success: {
      status: 202,
      body: z.object({ delivery_id: Id.delivery }),
      description: 'Accepted; its decision is at /v1/deliveries/{delivery}',
    },
    errors: ['invalid_signature'],
  }),
  listDeliveries: route({
    method: 'GET',
    path: '/v1/deliveries',
    group: 'webhooks',
    access: 'viewer',
    summary: 'List the deliveries of one project or of all projects',
    query: {
      project: ProjectRef.optional(),
      decision: DecisionKind.optional(),
      ...SPAN,
      ...PAGING,
    },
    success: {
      status: 200,
      body: page(Delivery),
      description:
        'Deliveries of the project’s repository with their decisions for this project, newest first. Without a project, also deliveries that belong to no project',
    },
    errors: ['invalid_cursor', 'too_many_projects'],
  }),
  getDelivery: route({
    method: 'GET',
    path: '/v1/deliveries/{delivery}',
    group: 'webhooks',
    access: 'viewer',
    summary: 'Get a delivery',
    params: { delivery: Id.delivery },
    success: { status: 200, body: Delivery, description: 'The delivery and its decision' },
  }),
} as const;
