/**
 * Machines that a job can ask for, as AWS CodeBuild rents them out. Sizes: CodeBuild user guide, "Build environment
 * compute modes and types". Prices: us-east-1, on demand, as of 2026-11; the bill is AWS's, so check
 * https://aws.amazon.com/codebuild/pricing before you plan with them.
 */
import { type Architecture, isMachineTypeName, type MachineTypeName } from '../../domain/machine.ts';

/** How soon a machine runs its first command: `seconds` for Lambda compute, `a minute` for EC2, `at once` for a fleet with a free machine. */
export type StartClass = 'at once' | 'seconds' | 'a minute';

/** A type on one of the two architectures. */
export interface Size {
  readonly vcpus: number;
  readonly memoryGb: number;
  /** US dollars. EC2 is billed by begun minutes, Lambda compute by begun seconds. */
  readonly pricePerMinute: number;
}

export interface ComputeType {
  readonly kind: 'ec2' | 'lambda';
  /** CodeBuild's `computeType`. */
  readonly computeType: string;
  readonly starts: StartClass;
  readonly sizes: Readonly<Record<Architecture, Size>>;
}

function ec2(computeType: string, arm64: Size, x86_64: Size): ComputeType {
  return { kind: 'ec2', computeType, starts: 'a minute', sizes: { arm64, x86_64 } };
}

/**
 * Dollars for a GB-second of Lambda. The list price of 1 GB of Lambda compute is this, rounded to five decimals
 * ($0.00001 on arm64, $0.00002 on x86_64); the larger ones are taken to be rounded in the same way.
 */
const GB_SECOND: Readonly<Record<Architecture, number>> = { arm64: 0.0000133334, x86_64: 0.0000166667 };

function lambda(memoryGb: number): ComputeType {
  const size = (architecture: Architecture): Size => ({
    // 1,769 MB have the equivalent of one processor (Lambda developer guide, "Configure memory").
    vcpus: Math.round((memoryGb * 1024 * 10) / 1769) / 10,
    memoryGb,
    pricePerMinute: Number((Number((GB_SECOND[architecture] * memoryGb).toFixed(5)) * 60).toFixed(4)),
  });
  return {
    kind: 'lambda',
    computeType: `BUILD_LAMBDA_${memoryGb}GB`,
    starts: 'seconds',
    sizes: { arm64: size('arm64'), x86_64: size('x86_64') },
  };
}

function size(vcpus: number, memoryGb: number, pricePerMinute: number): Size {
  return { vcpus, memoryGb, pricePerMinute };
}

/** The types, small to large. */
export const COMPUTE_TYPES = {
  small: ec2('BUILD_GENERAL1_SMALL', size(2, 4, 0.0034), size(2, 3, 0.005)),
  medium: ec2('BUILD_GENERAL1_MEDIUM', size(4, 8, 0.007), size(4, 7, 0.01)),
  large: ec2('BUILD_GENERAL1_LARGE', size(8, 16, 0.015), size(8, 15, 0.02)),
  xlarge: ec2('BUILD_GENERAL1_XLARGE', size(32, 64, 0.06), size(36, 70, 0.1002)),
  '2xlarge': ec2('BUILD_GENERAL1_2XLARGE', size(48, 96, 0.09), size(72, 145, 0.2)),
  'lambda-1gb': lambda(1),
  'lambda-2gb': lambda(2),
  'lambda-4gb': lambda(4),
  'lambda-8gb': lambda(8),
  'lambda-10gb': lambda(10),
} as const satisfies Record<MachineTypeName, ComputeType>;
export type ComputeTypeName = MachineTypeName;

export const isComputeTypeName = isMachineTypeName;

/** The name of a fleet in `fleet:<name>`, or undefined. */
export function fleetIn(type: string): string | undefined {
  return type.startsWith('fleet:') ? type.slice('fleet:'.length) : undefined;
}
