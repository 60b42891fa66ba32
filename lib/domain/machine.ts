/** Machines that jobs may have, as manifests name them. What a backend makes of them stands with the backend (lib/aws). */
import * as z from 'zod';

export const Architecture = z.enum(['arm64', 'x86_64']);
export type Architecture = z.infer<typeof Architecture>;

/** The machine that a job got: a type of the table below or `fleet:<name>`, and its architecture. */
export const Machine = z.object({ type: z.string().min(1).max(70), architecture: Architecture });
export type Machine = z.infer<typeof Machine>;

interface MachineLimits {
  /** Whether container images can be built there. */
  readonly images: boolean;
  /** The longest that a job may take there. */
  readonly longestSeconds: number;
}

/** 36 h (CodeBuild quotas, "Build timeout"). */
const MACHINE: MachineLimits = { images: true, longestSeconds: 36 * 3600 };
/** 15 minutes and no Docker ("Run builds on AWS Lambda compute", limitations). */
const FUNCTION: MachineLimits = { images: false, longestSeconds: 15 * 60 };

/** The types, small to large: those that start a machine, and those that start within seconds, as functions do. */
export const MACHINE_TYPES = {
  small: MACHINE,
  medium: MACHINE,
  large: MACHINE,
  xlarge: MACHINE,
  '2xlarge': MACHINE,
  'lambda-1gb': FUNCTION,
  'lambda-2gb': FUNCTION,
  'lambda-4gb': FUNCTION,
  'lambda-8gb': FUNCTION,
  'lambda-10gb': FUNCTION,
} as const satisfies Record<string, MachineLimits>;
export type MachineTypeName = keyof typeof MACHINE_TYPES;

export function isMachineTypeName(name: string): name is MachineTypeName {
  return Object.hasOwn(MACHINE_TYPES, name);
}
