import * as z from 'zod';
import { Id } from '../id.ts';
import { Timestamp } from '../values.ts';

/** One line of a log. */
export const LogLine = z.object({
  timestamp: Timestamp,
  job_id: Id.job,
  service: z.string(),
  /** The job's name: its service, and its cell of the matrix. */
  job: z.string(),
  /** Which attempt of the job has printed it. */
  attempt: z.int().positive(),
  message: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const LogAbsenceReason = z.enum([
  'not_run',
  'reused',
  'planning_failed',
  'cancelled',
  'no_machine',
  'no_such_job',
]);

/** Why there is no log: no job had a machine that could have written one. */
export const LogAbsence = z.object({
  reason: LogAbsenceReason,
  /** What happened, in a sentence. */
  message: z.string(),
  /** What to do next, in a sentence. */
  next: z.string(),
  /** Where a log is: of the run that was reused, or of the one that took this one's place. */
  build_id: Id.build.optional(),
  run_id: Id.run.optional(),
});
export type LogAbsence = z.infer<typeof LogAbsence>;

/** A page of log lines. `complete` says that all has ended and nothing more will come after this page. */
export const LogPage = z.object({
  items: z.array(LogLine),
  next_cursor: z.string(),
  complete: z.boolean(),
  /** On a complete page of a log that has no lines, as nothing could write them. */
  absence: LogAbsence.optional(),
});
export type LogPage = z.infer<typeof LogPage>;

export const LogFormat = z.enum(['json', 'jsonl', 'text']);
export type LogFormat = z.infer<typeof LogFormat>;

/** Whether colours and other control sequences stay in the lines. */
export const Ansi = z.enum(['keep', 'strip']);
export type Ansi = z.infer<typeof Ansi>;
