import * as z from 'zod';
import { Block, Deployment, Rule } from '../../domain/deployment/schema.ts';
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
  target_version: '12',
  previous_version: '11',
  completed_at: '2026-11-21T09:40:12.400Z',
  duration_ms: 11_500,
};
const waiting = (rule: z.infer<typeof Rule>, message: string) => ({
  waits_for: [{ rule, message }],
});
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
      .object({ kind: short(20), function_name: short(64).optional().describe('of a Lambda function') })
      .describe('the target of the deployment'),
    target_version: short(80).optional().describe('the version that was made at the target'),
    previous_version: short(80).optional().describe('the version that served before'),
    traffic: shape.traffic.describe('the share of the traffic that the new version has'),
    url: short(500).optional().describe('where users reach it'),
    preview_url: short(500).optional().describe('deprecated: the earlier name of `url`'),
    subject: shape.subject.describe('digest of what is deployed: artifact, target and configuration'),
    restores: shape.restores.describe('the deployment that a rollback restores'),
    automatic: z.boolean().optional().describe('whether Staithe promoted the release by itself'),
    waits_for: z
      .array(z.object({ rule: Block.shape.rule, message: short(250), until: Block.shape.until }))
      .max(Rule.options.length)
      .optional()
      .describe('the rules of the environment that do not hold yet'),
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
    pending: { when: 'A deployment was recorded, and begins at once.' },
    awaiting_approval: {
      when: 'People have to approve the deployment.',
      example: waiting('approval', '0 of 2 approvals given; users with the role deployer can approve.'),
    },
    waiting: {
      when: 'A rule of the environment does not hold yet.',
      example: waiting('freeze', "Environment 'production' is frozen until 2026-11-23 07:00:00 UTC."),
    },
    deploying: {
      when: 'The new version is being created.',
      example: { ...begun, previous_status: 'pending', revision: 2 },
    },
    verifying: {
      when: 'The new version is checked: without traffic, then with growing shares of it.',
      example: { ...begun, previous_status: 'deploying', revision: 6, target_version: '12' },
    },
    succeeded: {
      when: 'The new version is healthy.',
      example: { ...ended, url: 'https://abc.lambda-url.eu-west-1.on.aws/' },
    },
    failed: {
      when: 'It could not be deployed, and no earlier version was replaced or existed.',
      example: { ...ended, previous_status: 'deploying', error: { message: 'The artifact is not a zip.' } },
    },
    rejected: {
      when: 'A person rejected it, its approvals expired, or its release was yanked.',
      example: {
        previous_status: 'awaiting_approval',
        revision: 3,
        completed_at: '2026-11-21T10:40:00.500Z',
        error: { message: 'user:anna rejected the deployment: The tests are red.' },
      },
    },
    superseded: {
      when: 'A newer deployment took its place before it began.',
      example: {
        previous_status: 'waiting',
        revision: 3,
        completed_at: '2026-11-21T10:40:00.500Z',
      },
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
