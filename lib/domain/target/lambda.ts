/** A Lambda function behind an alias that deployments move. Limits: docs, "Lambda quotas". */
import * as z from 'zod';
import { RUNTIMES } from '../runtimes.ts';
import { line } from '../text.ts';
import { bakesOf, type TrafficStep, TrafficSteps } from './traffic-steps.ts';

/** As DescribeAlarms takes at once (CloudWatch API reference). */
const MAX_ALARMS = 100;

const shared = {
  kind: z.literal('lambda'),
  function_name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .meta({ examples: ['hello-test'] }),
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  memory_mb: z.int().min(128).max(10240).default(256),
  timeout_seconds: z.int().min(1).max(900).default(10),
  /** The shares of traffic that a new version gets one after the other, before it gets all. */
  steps: TrafficSteps,
  /** CloudWatch alarms that must not be in alarm after each step. */
  alarms: z
    .array(line(255))
    .max(MAX_ALARMS)
    .refine((names) => new Set(names).size === names.length, 'must not repeat a name')
    .default([]),
  /** The share of failed invocations of a new version from which it is taken back while it bakes; 5 when absent. */
  max_error_percent: z.number().min(0).max(100).optional(),
};

interface Watching {
  readonly steps: readonly TrafficStep[];
  readonly max_error_percent?: number | undefined;
}
const hasEffect = ({ steps, max_error_percent: most }: Watching) => most === undefined || bakesOf(steps) > 0;
const NO_EFFECT = {
  path: ['max_error_percent'],
  message: 'has no effect without a step that bakes: set bake_seconds of a step, or leave it out',
};

/** A zip from the blob store. */
export const ZipFunction = z.strictObject({
  ...shared,
  package: z.literal('zip').default('zip'),
  /** Which there are, the installation knows (runtimes.ts). */
  runtime: line(64)
    .default('nodejs24.x')
    .meta({ examples: [...RUNTIMES] }),
  handler: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable characters without spaces')
    .default('index.handler'),
});
type ZipFunction = z.infer<typeof ZipFunction>;

/** An image of the installation's registry, which says itself what runs. */
const ImageFunction = z.strictObject({ ...shared, package: z.literal('image') });

export const LambdaTarget = z.discriminatedUnion('package', [
  ZipFunction.refine(hasEffect, NO_EFFECT),
  ImageFunction.refine(hasEffect, NO_EFFECT),
]);
export type LambdaTarget = z.infer<typeof LambdaTarget>;

export const isZip = (target: LambdaTarget): target is ZipFunction => target.package === 'zip';
