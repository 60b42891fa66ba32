import * as z from 'zod';
import { Deployment } from '../../domain/deployment/schema.ts';
import { Id } from '../../domain/id.ts';
import { durationsOf } from './change.ts';
import { family } from './family.ts';
import { Actor, LastLines, Milliseconds, short } from './fields.ts';

const { shape } = Deployment;

const begun = { started_at: '2026-11-21T09:40:00.900Z', queued_ms: 900 };
const ended = {
  ...begun,
  previous_status: 'verifying',
  revision: 8,
  function_version: '12',
  previous_version: '11',
  completed_at: '2026-11-21T09:40:12.400Z',
  duration_ms: 11_500,
};
const notAnswering = {
  message: 'The function answered with 502.',
  hint: 'Read the last lines of its log.',
  last_lines: ['TypeError: undefined is not a function'],
};

export const deploymentEvents = family({
  noun: 'Deployment',
  entity: 'deployment',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    environment: shape.environment,
    release_id: shape.release_id,
    service: shape.service,
    artifact_id: shape.artifact_id,
    digest: shape.digest.describe('the digest that is deployed'),
    target: z
      .object({ kind: shape.target.shape.kind, function_name: shape.target.shape.function_name })
      .describe('the target of the deployment'),
    function_version: short(20).optional().describe('the version that was published'),
    previous_version: short(20).optional().describe('the version that the alias pointed to before'),
    preview_url: short(2048).optional(),
    error: z
      .object({ message: short(2000), hint: short(1000).optional(), last_lines: LastLines.optional() })
      .optional()
      .describe('why it failed; `last_lines` are the last lines that the function printed'),
    created_at: shape.created_at,
    started_at: shape.started_at,
    completed_at: shape.completed_at,
    queued_ms: Milliseconds.optional().describe('from created_at to started_at'),
    duration_ms: Milliseconds.optional().describe('from started_at to completed_at'),
    created_by: Actor,
  },
  derived: durationsOf,
  example: {
    id: 'dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    environment: 'production',
    release_id: 'rel_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    service: 'api',
    artifact_id: 'art_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    target: { kind: 'lambda', function_name: 'hello-production' },
    created_at: '2026-11-21T09:40:00.000Z',
    created_by: 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  },
  events: {
    pending: { when: 'A deployment was recorded.' },
    deploying: {
      when: 'The new version is being created.',
      example: { ...begun, previous_status: 'pending', revision: 2 },
    },
    verifying: {
      when: 'The new version receives the requests, and its health is checked.',
      example: { ...begun, previous_status: 'deploying', revision: 6, function_version: '12' },
    },
    succeeded: {
      when: 'The new version is healthy.',
      example: { ...ended, preview_url: 'https://abc.lambda-url.eu-west-1.on.aws/' },
    },
    failed: {
      when: 'It could not be deployed, and no earlier version was replaced or existed.',
      example: { ...ended, previous_status: 'deploying', error: { message: 'The artifact is not a zip.' } },
    },
    cancelled: {
      when: 'It was cancelled.',
      example: { previous_status: 'pending', revision: 2, completed_at: '2026-11-21T09:40:00.500Z' },
    },
    rolled_back: {
      when: 'The new version was not healthy, and the earlier one receives the requests again.',
      example: { ...ended, error: notAnswering },
    },
  },
  earlier: {
    0: z.object({
      id: Id.deployment,
      status: z.string(),
      project_id: Id.project,
      environment: z.string(),
      release_id: Id.release,
    }),
  },
});
