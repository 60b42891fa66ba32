/** The CodeBuild project that runs a job, and what its build overrides. Only values of the tables here ever reach it. */
import { MACHINE_GRACE_SECONDS } from '../../domain/execution/model/time.ts';
import type { Architecture } from '../../domain/machine.ts';
import type { MachineTask } from '../../domain/ports/compute.ts';
import type { AllowedCompute } from './allowed.ts';
import { COMPUTE_TYPES, fleetIn, isComputeTypeName } from './types.ts';

/** The projects of an installation (lib/infrastructure/machines.ts). */
export type MachineProject = 'plain' | 'privileged' | 'lambda';

/** Parameters of StartBuild (CodeBuild API reference), as Step Functions writes them. */
export interface MachineOverrides {
  readonly EnvironmentTypeOverride: string;
  readonly ComputeTypeOverride?: string;
  readonly ImageOverride: string;
  readonly FleetOverride?: { readonly FleetArn: string };
  /** Not for Lambda compute, which refuses any. */
  readonly TimeoutInMinutesOverride?: number;
}

export interface MachineStart {
  readonly project: MachineProject;
  readonly overrides: MachineOverrides;
}

/** Images that CodeBuild keeps warm on its hosts (user guide, "Docker images provided by CodeBuild"). */
export const MACHINE_IMAGES = {
  ec2: {
    arm64: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
    x86_64: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
  },
  lambda: {
    arm64: 'aws/codebuild/amazonlinux-aarch64-lambda-standard:nodejs22',
    x86_64: 'aws/codebuild/amazonlinux-x86_64-lambda-standard:nodejs22',
  },
} as const satisfies Record<'ec2' | 'lambda', Record<Architecture, string>>;

/** CodeBuild's `environmentType`. */
export const ENVIRONMENT_TYPES = {
  ec2: { arm64: 'ARM_CONTAINER', x86_64: 'LINUX_CONTAINER' },
  lambda: { arm64: 'ARM_LAMBDA_CONTAINER', x86_64: 'LINUX_LAMBDA_CONTAINER' },
} as const satisfies Record<'ec2' | 'lambda', Record<Architecture, string>>;

/**
 * What the workflow hands to CodeBuild for a job whose machine was chosen.
 * @throws Error when the installation no longer allows the type: it did when the job was planned
 */
export function startOf(task: MachineTask, allowed: AllowedCompute): MachineStart {
  const { type, architecture } = task.machine;
  const minutes = Math.ceil((task.timeoutSeconds + MACHINE_GRACE_SECONDS) / 60);
  const fleetName = fleetIn(type);
  const fleet = fleetName === undefined ? undefined : allowed.fleets[fleetName];
  if (fleet !== undefined)
    return {
      project: task.needsImages ? 'privileged' : 'plain',
      overrides: {
        ...environment('ec2', architecture),
        FleetOverride: { FleetArn: fleet.arn },
        TimeoutInMinutesOverride: minutes,
      },
    };
  if (!isComputeTypeName(type)) throw new Error(`The compute '${type}' is no longer available.`);
  const { kind, computeType } = COMPUTE_TYPES[type];
  const overrides = { ...environment(kind, architecture), ComputeTypeOverride: computeType };
  if (kind === 'lambda') return { project: 'lambda', overrides };
  return {
    project: task.needsImages ? 'privileged' : 'plain',
    overrides: { ...overrides, TimeoutInMinutesOverride: minutes },
  };
}

function environment(kind: 'ec2' | 'lambda', architecture: Architecture) {
  return {
    EnvironmentTypeOverride: ENVIRONMENT_TYPES[kind][architecture],
    ImageOverride: MACHINE_IMAGES[kind][architecture],
  };
}
