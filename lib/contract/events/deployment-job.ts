import type * as z from 'zod';
import { Purpose } from '../../domain/deployment/jobs/purpose.ts';
import { Job } from '../../domain/execution/model/job.ts';
import { Id } from '../../domain/id.ts';
import { durationsOf } from './change.ts';
import { family } from './family.ts';
import { Milliseconds } from './fields.ts';
import { RunFailure } from './run.ts';

const { shape } = Job;

const begun = {
  previous_status: 'pending',
  revision: 2,
  started_at: '2026-11-21T09:40:03.100Z',
  queued_ms: 2200,
};
const ended = {
  ...begun,
  previous_status: 'building',
  revision: 6,
  completed_at: '2026-11-21T09:40:21.100Z',
  duration_ms: 18_000,
};

const NONE: Readonly<Record<number, z.ZodType<never>>> = {};

export const deploymentJobEvents = family({
  noun: 'Deployment Job',
  entity: 'deployment_job',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    deployment_id: Id.deployment,
    run_id: shape.run_id,
    service: shape.service,
    purpose: Purpose.describe('whether it deploys the release, or tests what is deployed'),
    attempt: shape.attempt.describe('the number of the attempt'),
    error: RunFailure.optional().describe('why it failed'),
    created_at: shape.created_at,
    started_at: shape.started_at,
    completed_at: shape.completed_at,
    queued_ms: Milliseconds.optional().describe('from created_at to started_at'),
    duration_ms: Milliseconds.optional().describe('from started_at to completed_at'),
  },
  derived: (job) => ({ ...durationsOf(job), purpose: job.name }),
  example: {
    id: 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    deployment_id: 'dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    run_id: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    service: 'api',
    purpose: 'deploy',
    attempt: 1,
    created_at: '2026-11-21T09:40:00.900Z',
  },
  events: {
    pending: { when: 'A deployment has commands to run, and waits for a machine.' },
    building: { when: 'A machine runs the commands.', example: begun },
    completed: { when: 'All commands succeeded.', example: ended },
    failed: {
      when: 'A command failed, or the machine was lost too often.',
      example: {
        ...ended,
        error: {
          code: 'build_error',
          message: "Command 1 of 1 failed with exit code 1: 'helm upgrade --install shop ./chart'.",
          step: 'helm upgrade --install shop ./chart',
          exit_code: 1,
          last_lines: ['Error: Kubernetes cluster unreachable'],
        },
      },
    },
    cancelled: { when: 'Its deployment was cancelled or failed.', example: ended },
  },
  earlier: NONE,
});
