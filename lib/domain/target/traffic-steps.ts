/** How a new version gets its traffic: in growing shares, each of which is watched for a time. */
import * as z from 'zod';

/** 24 hours: more is a soak in an environment of its own. */
export const MAX_BAKE_SECONDS = 86_400;
const MAX_STEPS = 10;
/** A share of the traffic, and for how long it is watched before the next. */
export const TrafficStep = z.strictObject({
  percent: z.int().min(1).max(100),
  bake_seconds: z.int().min(0).max(MAX_BAKE_SECONDS).default(0),
});
export type TrafficStep = z.infer<typeof TrafficStep>;

const ascends = (steps: readonly TrafficStep[]) =>
  steps.every(({ percent }, at) => percent > (steps[at - 1]?.percent ?? 0));

export const bakesOf = (steps: readonly TrafficStep[]): number =>
  steps.reduce((sum, { bake_seconds: seconds }) => sum + seconds, 0);

/** Before it gets all. */
export const TrafficSteps = z
  .array(TrafficStep)
  .max(MAX_STEPS)
  .refine(ascends, 'must have growing percentages')
  .refine(
    (steps) => bakesOf(steps) <= MAX_BAKE_SECONDS,
    `must bake for ${MAX_BAKE_SECONDS} seconds at most, all together`,
  )
  .default([])
  .meta({ examples: [[{ percent: 10, bake_seconds: 300 }]] });
