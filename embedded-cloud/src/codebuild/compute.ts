/**
 * Which environment, compute type and fleet go together (CodeBuild API reference, ProjectEnvironment; user guide, "Run
 * builds on AWS Lambda compute", limitations).
 */
import { z } from 'zod';
import { notImplemented } from '../service.ts';
import { checkImage } from './images.ts';
import { invalidInput } from './input.ts';

export const environmentType = z.enum([
  'LINUX_CONTAINER',
  'LINUX_GPU_CONTAINER',
  'ARM_CONTAINER',
  'LINUX_EC2',
  'ARM_EC2',
  'LINUX_LAMBDA_CONTAINER',
  'ARM_LAMBDA_CONTAINER',
  'WINDOWS_CONTAINER',
  'WINDOWS_SERVER_2019_CONTAINER',
  'WINDOWS_SERVER_2022_CONTAINER',
  'WINDOWS_EC2',
  'MAC_ARM',
]);

export const computeType = z.enum([
  'BUILD_GENERAL1_SMALL',
  'BUILD_GENERAL1_MEDIUM',
  'BUILD_GENERAL1_LARGE',
  'BUILD_GENERAL1_XLARGE',
  'BUILD_GENERAL1_2XLARGE',
  'BUILD_LAMBDA_1GB',
  'BUILD_LAMBDA_2GB',
  'BUILD_LAMBDA_4GB',
  'BUILD_LAMBDA_8GB',
  'BUILD_LAMBDA_10GB',
  'ATTRIBUTE_BASED_COMPUTE',
  'CUSTOM_INSTANCE_TYPE',
]);

export const fleet = z.object({
  fleetArn: z
    .string()
    .regex(/^arn:[a-z-]+:codebuild:[a-z0-9-]+:\d{12}:fleet\/.+$/, 'must be the ARN of a fleet'),
});

export const pullCredentials = z.enum(['CODEBUILD', 'SERVICE_ROLE']);
export type PullCredentials = z.infer<typeof pullCredentials>;

/** Sizes that an environment does not come in (user guide, "About on-demand environment types"). */
const NO_SIZES: Readonly<Record<string, readonly string[]>> = {
  LINUX_GPU_CONTAINER: ['BUILD_GENERAL1_MEDIUM', 'BUILD_GENERAL1_XLARGE', 'BUILD_GENERAL1_2XLARGE'],
};
/** What only a fleet of reserved capacity has (user guide, "About reserved capacity environment types"). */
const FLEET_ONLY: ReadonlySet<string> = new Set(['ATTRIBUTE_BASED_COMPUTE', 'CUSTOM_INSTANCE_TYPE']);

/** What Lambda compute lets a build take, in minutes. */
export const LAMBDA_TIMEOUT_MINUTES = 15;

/** What is asked for, by the project and by overrides. */
export interface ComputeRequest {
  readonly type: string;
  readonly computeType: string;
  readonly image: string;
  readonly imagePullCredentialsType: PullCredentials;
  readonly privilegedMode: boolean;
  readonly fleet?: { readonly fleetArn: string } | undefined;
  readonly timeoutInMinutes?: number | undefined;
  readonly queuedTimeoutInMinutes?: number | undefined;
}

export function isLambda(type: string): boolean {
  return type.endsWith('_LAMBDA_CONTAINER');
}

/** @throws AwsError InvalidInputException for what CodeBuild does not put together; NotImplemented for another system than Linux */
export function checkCompute(request: ComputeRequest): void {
  const { type, computeType: size, fleet: ofFleet } = request;
  const lambda = isLambda(type);
  const mismatched =
    lambda !== size.startsWith('BUILD_LAMBDA_') || FLEET_ONLY.has(size) || NO_SIZES[type]?.includes(size);
  if (mismatched && ofFleet === undefined)
    throw invalidInput(`Compute type ${size} is not supported for environment type ${type}`);
  if (/^(WINDOWS|MAC)_/.test(type)) throw notImplemented('codebuild', `builds in the environment ${type}`);
  checkImage(request);
  if (!lambda) return;
  if (request.fleet !== undefined) throw invalidInput('Cannot specify fleet for lambda compute');
  if (request.privilegedMode) throw invalidInput('Cannot specify privilegedMode for lambda compute');
  if (request.timeoutInMinutes !== undefined)
    throw invalidInput('Cannot specify timeoutInMinutes for lambda compute');
  if (request.queuedTimeoutInMinutes !== undefined)
    throw invalidInput('Cannot specify queuedTimeoutInMinutes for lambda compute');
}
