import * as z from 'zod';
import { Failure, JobCounts, Run } from '../../domain/execution/model/run.ts';
import { Id } from '../../domain/id.ts';
import { countOf, durationsOf } from './change.ts';
import { family } from './family.ts';
import { Actor, LastLines, Milliseconds, short } from './fields.ts';

/** Why a run or a job failed: as the API tells it, long texts cut. */
export const RunFailure = z.object({
  code: Failure.shape.code,
  message: short(2000).describe('what happened'),
  hint: short(1000).optional().describe('what to do next'),
  job_id: Failure.shape.job_id.describe('of a run: the job that failed'),
  service: short(63).optional(),
  job: short(500).optional().describe('the name of the job with its matrix cell'),
  step: short(500).optional().describe('the command or phase that failed'),
  stage: short(300).optional().describe("of an image: the Dockerfile's stage and instruction"),
  exit_code: Failure.shape.exit_code,
  signal: short(20).optional(),
  last_lines: LastLines.optional(),
});

const { shape } = Run;

export const runEvents = family({
  noun: 'Run',
  entity: 'run',
  version: 1,
  fields: {
    id: shape.id,
    project_id: shape.project_id,
    build_id: Id.build,
    source_id: shape.source_id,
    manifest_hash: shape.manifest_hash,
    tree_digest: shape.tree_digest,
    reused_from: shape.reused_from.describe('the run whose artifacts it reuses'),
    retry_of: shape.retry_of.describe('the run whose failed jobs it reruns'),
    superseded_by: shape.superseded_by.describe('the newer run of its branch that replaced it in the queue'),
    job_counts: JobCounts.optional().describe('the number of its jobs by status; absent before it has jobs'),
    artifact_count: z
      .int()
      .min(0)
      .optional()
      .describe('the number of its artifacts, including kept and reused ones'),
    error: RunFailure.optional().describe('why it failed'),
    created_at: shape.created_at,
    started_at: shape.started_at,
    completed_at: shape.completed_at,
    queued_ms: Milliseconds.optional().describe('from created_at to started_at'),
    duration_ms: Milliseconds.optional().describe('from started_at to completed_at'),
    created_by: Actor,
  },
  derived: (run) => ({ ...durationsOf(run), artifact_count: countOf(run.artifact_ids) }),
  example: {
    id: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    project_id: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    build_id: 'bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    source_id: 'src_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    artifact_count: 0,
    created_at: '2026-11-21T09:30:00.000Z',
    created_by: 'webhook',
  },
  events: {
    pending: { when: 'A run was recorded.' },
    building: {
      when: 'It is planned, and its first job may start.',
      example: {
        previous_status: 'pending',
        revision: 2,
        started_at: '2026-11-21T09:30:01.200Z',
        queued_ms: 1200,
      },
    },
    completed: {
      when: 'All of its jobs completed, or it reused the artifacts of an earlier run.',
      example: {
        previous_status: 'building',
        revision: 5,
        job_counts: { total: 2, completed: 2, failed: 0, cancelled: 0, open: 0 },
        artifact_count: 2,
        started_at: '2026-11-21T09:30:01.200Z',
        completed_at: '2026-11-21T09:31:43.700Z',
        queued_ms: 1200,
        duration_ms: 102_500,
      },
    },
    failed: {
      when: 'A job failed, it could not be planned, or its time was up.',
      example: {
        previous_status: 'building',
        revision: 5,
        job_counts: { total: 2, completed: 1, failed: 1, cancelled: 0, open: 0 },
        error: {
          code: 'build_error',
          message: "Command 2 of 2 failed with exit code 1: 'npm test'.",
          hint: 'Run the command in the context of the service to see the failure.',
          job_id: 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
          service: 'api',
          job: 'api',
          step: 'npm test',
          exit_code: 1,
          last_lines: ['1 test failed'],
        },
        started_at: '2026-11-21T09:30:01.200Z',
        completed_at: '2026-11-21T09:31:43.700Z',
        queued_ms: 1200,
        duration_ms: 102_500,
      },
    },
    cancelled: {
      when: 'A user cancelled it, or a newer run of its branch replaced it in the queue.',
      example: {
        previous_status: 'pending',
        revision: 2,
        superseded_by: 'run_01JZX3Z7Q0S4T6V8X0Y2A3B4C5',
        completed_at: '2026-11-21T09:30:20.000Z',
      },
    },
  },
  earlier: {
    0: z.object({
      id: Id.run,
      status: z.string(),
      project_id: Id.project,
      build_id: Id.build,
      job_counts: JobCounts.optional(),
    }),
  },
});
