/** State machines as `stepfunctions/*.asl.yaml` has them, with what the code has too filled in. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { START_REFUSED } from '../aws/codebuild/refused-start.ts';
import { DELIVERY_TIMEOUT_SECONDS } from '../domain/delivery/time.ts';
import {
  DEPLOYMENT_TIMEOUT_SECONDS,
  JOB_LOOK_SECONDS,
  LOOK_SECONDS,
  LOOKS,
} from '../domain/deployment/time.ts';
import { RUN_TIMEOUT_SECONDS, STEP_TIMEOUT_SECONDS } from '../domain/execution/model/time.ts';
import type { WorkflowName } from '../domain/ports/workflows.ts';
import { RETRIES, type Retries } from '../domain/retries.ts';
import { THROTTLED_STEP } from '../domain/throttling.ts';

/** A retrier without its errors (Amazon States Language, "Retrying after error"). */
function retrierOf({ intervalSeconds, rate, longestSeconds, attempts }: Retries) {
  return {
    ...(intervalSeconds !== undefined && { IntervalSeconds: intervalSeconds }),
    ...(rate !== undefined && { BackoffRate: rate }),
    ...(longestSeconds !== undefined && { MaxDelaySeconds: longestSeconds }),
    MaxAttempts: attempts,
    ...(attempts > 0 && { JitterStrategy: 'FULL' }),
  };
}

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * What the code has once and a definition by this name: errors (`ErrorEquals: ${Throttled}`), retries (`<<: ${RunEnd}`),
 * timeouts.
 */
const VALUES: Readonly<Record<string, unknown>> = {
  StartRefused: START_REFUSED,
  Throttled: THROTTLED_STEP,
  ...Object.fromEntries(
    Object.entries(RETRIES).map(([name, retries]) => [capitalized(name), retrierOf(retries)]),
  ),
  RunTimeout: RUN_TIMEOUT_SECONDS,
  RunStepTimeout: STEP_TIMEOUT_SECONDS,
  DeploymentTimeout: DEPLOYMENT_TIMEOUT_SECONDS,
  JobLook: JOB_LOOK_SECONDS,
  MostLooks: LOOKS.quick + LOOKS.slow,
  QuickLooks: LOOKS.quick,
  QuickLookPause: LOOKS.quickPauseSeconds,
  SlowLookPause: LOOKS.slowPauseSeconds,
  LookMinutes: LOOK_SECONDS / 60,
  DeliveryTimeout: DELIVERY_TIMEOUT_SECONDS,
};

/** @returns the definition; what is known at deployment only (`${PlainProject}`) is still to be substituted */
export function definitionOf(name: WorkflowName): unknown {
  const file = new URL(`../../stepfunctions/${name}.asl.yaml`, import.meta.url);
  const text = Object.entries(VALUES).reduce(
    (filled, [key, value]) => filled.replaceAll(`\${${key}}`, JSON.stringify(value)),
    readFileSync(file, 'utf8'),
  );
  return parse(text, { merge: true });
}
