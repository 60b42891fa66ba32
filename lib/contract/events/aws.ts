/** Events of AWS services that Staithe listens to, as far as it reads them. */
import * as z from 'zod';
import type { EventSpec } from './event.ts';

/** Amazon S3 User Guide, "EventBridge event message structure". */
export const objectCreated = {
  source: 'aws.s3',
  name: 'Object Created',
  description: 'Bytes of a source or of an upload are in the bucket.',
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string() }),
  }),
  example: {
    bucket: { name: 'staithe-bucket' },
    object: { key: 'projects/prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3/sources/9f86d081884c7d65' },
  },
} as const satisfies EventSpec;

/** How an execution ends that did not succeed. */
const DeadStatus = z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']);

/**
 * AWS Step Functions Developer Guide, "Automating Step Functions event delivery with EventBridge". A workflow that
 * succeeded has said so itself, in its last step.
 */
export const executionDied = {
  source: 'aws.states',
  name: 'Step Functions Execution Status Change',
  description: 'A workflow ended before it finished.',
  detail: z.object({
    name: z.string(),
    stateMachineArn: z.string(),
    status: DeadStatus,
    /** Absent when it is large, which that of no workflow here is. */
    input: z.string().nullish(),
  }),
  example: {
    name: 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:build',
    status: 'TIMED_OUT',
    input: '{"run_id":"run_01JZX3V5N8Q2R4T6W8Y0A1B2C3"}',
  },
} as const satisfies EventSpec;

export const DEAD_STATUSES = DeadStatus.options;
