/** A deployment's way, step by step: when, to which status, why, and by whom. */
import type { Deployment, DeploymentStatus, Step } from './schema.ts';

/** 100 steps: a deployment has about ten, and each approval, change of configuration or reason to wait adds one. */
const MAX_STEPS = 100;

/** The deployment with one more step; of a very long way the middle is left out. */
export function stepped(
  deployment: Deployment,
  step: { status: DeploymentStatus; message: string; at: Date; by?: string | undefined },
): Deployment {
  const entry: Step = {
    at: step.at.toISOString(),
    status: step.status,
    message: step.message,
    ...(step.by !== undefined && { by: step.by }),
  };
  const timeline = [...deployment.timeline, entry];
  if (timeline.length > MAX_STEPS) timeline.splice(MAX_STEPS / 2, 1);
  return { ...deployment, status: step.status, timeline };
}
