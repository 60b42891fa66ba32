import * as z from 'zod';
import { FunctionLogPage } from '../../domain/function-log/schema.ts';
import { Id } from '../../domain/id.ts';
import { Ansi, LogFormat, LogPage } from '../../domain/log/schema.ts';
import { Name, Timestamp } from '../../domain/values.ts';
import { route } from '../route.ts';
import { inEnvironment } from './params.ts';

const READING = {
  /** A place in each stream of a run; a request has 10,240 bytes in all (docs: API Gateway, quotas of HTTP APIs). */
  cursor: z.string().max(9216).optional(),
  /** Lines of the page: 10,000 are what CloudWatch Logs gives at once. */
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(500)
    .meta({ examples: [500] }),
  /** Seconds to wait for new lines when there are none; below API Gateway's 30. */
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(20)
    .default(0)
    .meta({ examples: [10] }),
  /** Begins with the last so many lines; with a cursor it says nothing. */
  tail: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .meta({ examples: [30] }),
  format: LogFormat.default('json'),
  /** Colours and other control sequences: kept in JSON and stripped from text, unless this says otherwise. */
  ansi: Ansi.optional(),
  /** Whether to include the lines in which the build platform speaks of itself. */
  platform: z.enum(['true', 'false']).default('false'),
};

/** Of environments a page counts what was printed at once, which may be several lines. */
const FUNCTION_SUCCESS = {
  status: 200,
  body: FunctionLogPage,
  description:
    'Lines after the cursor, or since the time. Continue with next_cursor (x-next-cursor). The log of a function never ends',
  media: {
    'text/plain': { example: '[09:30:00] 3 | listening\n' },
    'application/x-ndjson': {
      example: '{"timestamp":"2026-11-21T09:30:00.000Z","version":"3","message":"listening"}\n',
    },
  },
  headers: { 'x-next-cursor': 'For text and JSON lines: the cursor to continue with' },
} as const;

const SUCCESS = {
  status: 200,
  body: LogPage,
  description:
    'Lines after the cursor. Continue with next_cursor (x-next-cursor) until complete (x-complete) is true',
  media: {
    'text/plain': { example: '[09:30:00] web | added 120 packages\n' },
    'application/x-ndjson': {
      example:
        '{"timestamp":"2026-11-21T09:30:00.000Z","job_id":"job_01JZX3V5N8Q2R4T6W8Y0A1B2C3","service":"web","job":"web","attempt":1,"message":"added 120 packages"}\n',
    },
  },
  headers: {
    'x-next-cursor': 'For text and JSON lines: the cursor to continue with',
    'x-complete': 'For text and JSON lines: whether the log is complete',
    'x-absence': 'For text and JSON lines: why there is no log; absent if there can be one',
  },
} as const;

/** Logs of builds, jobs and deployed functions. A function of their own: readers who wait hold it for many seconds. */
export const LOG_ROUTES = {
  getBuildLogs: route({
    method: 'GET',
    path: '/v1/builds/{build}/logs',
    group: 'logs',
    access: 'viewer',
    summary: 'Read the log of a build',
    params: { build: Id.build },
    query: { run: Id.run.optional(), job: Id.job.optional(), service: Name.optional(), ...READING },
    success: SUCCESS,
    errors: ['invalid_cursor'],
  }),
  getJobLogs: route({
    method: 'GET',
    path: '/v1/jobs/{job}/logs',
    group: 'logs',
    access: 'viewer',
    summary: 'Read the log of a job',
    params: { job: Id.job },
    query: READING,
    success: SUCCESS,
    errors: ['invalid_cursor'],
  }),
  getDeploymentLogs: route({
    method: 'GET',
    path: '/v1/deployments/{deployment}/logs',
    group: 'logs',
    access: 'viewer',
    summary: 'Read the log of the commands of a deployment',
    params: { deployment: Id.deployment },
    query: READING,
    success: SUCCESS,
    errors: ['invalid_cursor'],
  }),
  getEnvironmentLogs: route({
    method: 'GET',
    path: '/v1/projects/{project}/environments/{environment}/logs',
    group: 'logs',
    access: 'viewer',
    summary: "Read the log of an environment's function",
    params: inEnvironment,
    query: {
      /** Where to begin without a cursor; an hour ago by default. */
      since: Timestamp.optional(),
      ...READING,
    },
    success: FUNCTION_SUCCESS,
    errors: ['invalid_cursor', 'log_unreadable'],
  }),
} as const;
