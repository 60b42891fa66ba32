import * as z from 'zod';
import { Job } from '../../domain/execution/model/job.ts';
import { Id } from '../../domain/id.ts';
import { countOf, durationsOf } from './change.ts';
import { family } from './family.ts';
import { Cell, Milliseconds, short } from './fields.ts';
import { RunFailure } from './run.ts';

const { shape } = Job;

export const jobEvents = family({
  noun: 'Job',
  entity: 'job',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    build_id: Id.build,
    run_id: shape.run_id,
    service: shape.service,
    name: short(500).describe('the service and its matrix cell: `api (erlang=25)`'),
    matrix: Cell.default({}),
    compute: z
      .object({ type: short(70), architecture: z.enum(['arm64', 'x86_64']) })
      .optional()
      .describe('the machine that it uses'),
    trust: shape.trust.describe("whether the source is the project's or a fork's"),
    branch: short(300).optional().describe('without `refs/heads/`; absent for tags and plain uploads'),
    limited: z.boolean().optional().describe('whether its project limits how many jobs run at once'),
    attempt: shape.attempt.describe('the number of the attempt'),
    lost_attempts: z
      .int()
      .min(0)
      .describe('the number of attempts that ended without a result because the machine was lost'),
    artifact_count: z.int().min(0).optional(),
    error: RunFailure.optional().describe('why it failed'),
    created_at: shape.created_at,
    started_at: shape.started_at,
    completed_at: shape.completed_at,
    queued_ms: Milliseconds.optional().describe('from created_at to started_at'),
    duration_ms: Milliseconds.optional().describe('from started_at to completed_at'),
  },
  derived: (job) => ({
    ...durationsOf(job),
    artifact_count: countOf(job.artifact_ids),
    lost_attempts: countOf(job.lost_attempts) ?? 0,
    // Jobs of an older version have no name of their own.
    name: job.name ?? job.service,
  }),
  example: {
    id: 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    build_id: 'bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    run_id: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    service: 'api',
    name: 'api (erlang=25)',
    matrix: { erlang: '25' },
    compute: { type: 'small', architecture: 'arm64' },
    trust: 'own',
    branch: 'main',
    attempt: 1,
    lost_attempts: 0,
    artifact_count: 0,
    created_at: '2026-11-21T09:30:01.100Z',
  },
  events: {
    pending: { when: 'A job was recorded, with its run.' },
    building: {
      when: 'An agent has claimed it and starts to work.',
      example: {
        previous_status: 'pending',
        revision: 2,
        started_at: '2026-11-21T09:30:31.000Z',
        queued_ms: 29_900,
      },
    },
    completed: {
      when: 'It was built, and its artifacts are stored.',
      example: {
        previous_status: 'building',
        revision: 6,
        artifact_count: 1,
        started_at: '2026-11-21T09:30:31.000Z',
        completed_at: '2026-11-21T09:31:43.500Z',
        queued_ms: 29_900,
        duration_ms: 72_500,
      },
    },
    failed: {
      when: 'A step failed, its time was up, or its machine was lost too often.',
      example: {
        previous_status: 'building',
        revision: 6,
        error: {
          code: 'build_error',
          message: "Command 2 of 2 failed with exit code 1: 'make test'.",
          step: 'make test',
          exit_code: 1,
          last_lines: ['1 test failed'],
        },
        started_at: '2026-11-21T09:30:31.000Z',
        completed_at: '2026-11-21T09:31:43.500Z',
        queued_ms: 29_900,
        duration_ms: 72_500,
      },
    },
    cancelled: {
      when: 'Its run was cancelled, or another job failed with `fail_fast`.',
      example: { previous_status: 'pending', revision: 2, completed_at: '2026-11-21T09:30:20.000Z' },
    },
  },
  earlier: {
    0: z.object({
      id: Id.job,
      status: z.string(),
      project_id: Id.project,
      build_id: Id.build,
      run_id: Id.run,
      limited: z.boolean().optional(),
    }),
  },
});
