import * as z from 'zod';
import { route } from '../route.ts';

/** The service itself. */
export const SERVICE_ROUTES = {
  getHealth: route({
    method: 'GET',
    path: '/v1/health',
    group: 'service',
    access: 'public',
    summary: 'Check the health of the service',
    success: {
      status: 200,
      body: z.object({ status: z.literal('ok'), version: z.string() }),
      description: 'The service is healthy',
    },
  }),
  getOpenApi: route({
    method: 'GET',
    path: '/v1/openapi.json',
    group: 'service',
    access: 'public',
    summary: 'Get this OpenAPI document',
    success: { status: 200, body: z.record(z.string(), z.unknown()), description: 'OpenAPI 3.1' },
  }),
} as const;
