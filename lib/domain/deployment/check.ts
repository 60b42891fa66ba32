/** What was looked at before a deployment succeeded, and how it went: kept with the deployment. */
import * as z from 'zod';
import { Id } from '../id.ts';
import { Timestamp } from '../values.ts';

export const Check = z.object({
  kind: z
    .enum(['http', 'test', 'watch'])
    .describe(
      '`http`: a request; `test`: the test commands; `watch`: alarms and errors of a step of traffic',
    ),
  /** The share of the traffic that the new version had; 0 before any. */
  percent: z.int().min(0).max(100),
  ok: z.boolean(),
  /** What was asked, and what came of it. */
  message: z.string(),
  at: Timestamp,
  /** Of the response, if there was one. */
  status: z.int().optional(),
  milliseconds: z.int().min(0).optional(),
  /** Of a test: the run that has its log. */
  run_id: Id.run.optional(),
});
export type Check = z.infer<typeof Check>;

/** 50: those of a deployment with ten steps, and 20 more that are run again later. */
export const MAX_CHECKS = 50;

/** The newest of them. */
export const withCheck = (checks: Check[], check: Check): Check[] => [...checks, check].slice(-MAX_CHECKS);

/** A share of the traffic. */
export const Traffic = z.object({ percent: z.int().min(1).max(100), since: Timestamp.optional() });
export type Traffic = z.infer<typeof Traffic>;
