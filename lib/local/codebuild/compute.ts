/**
 * Which environment, compute type and fleet go together (CodeBuild API reference, ProjectEnvironment; user guide, "Run
 * builds on AWS Lambda compute", limitations).
 */
import { z } from 'zod';
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

/** What Lambda compute lets a build take, in minutes. */
export const LAMBDA_TIMEOUT_MINUTES = 15;

/** What is asked for, by the project and by overrides. */
export interface ComputeRequest {
  readonly type: string;
  readonly computeType: string;
  readonly privilegedMode: boolean;
  readonly fleet?: { readonly fleetArn: string } | undefined;
  readonly timeoutInMinutes?: number | undefined;
  readonly queuedTimeoutInMinutes?: number | undefined;
}

export function isLambda(type: string): boolean {
  return type.endsWith('_LAMBDA_CONTAINER');
}

/** @throws AwsError InvalidInputException for what CodeBuild does not put together */
export function checkCompute(request: ComputeRequest): void {
  const lambda = isLambda(request.type);
  if (lambda !== request.computeType.startsWith('BUILD_LAMBDA_') && request.fleet === undefined)
    throw invalidInput(
      `Compute type ${request.computeType} is not supported for environment type ${request.type}`,
    );
  if (!lambda) return;
  if (request.fleet !== undefined) throw invalidInput('Cannot specify fleet for lambda compute');
  if (request.privilegedMode) throw invalidInput('Cannot specify privilegedMode for lambda compute');
  if (request.timeoutInMinutes !== undefined)
    throw invalidInput('Cannot specify timeoutInMinutes for lambda compute');
  if (request.queuedTimeoutInMinutes !== undefined)
    throw invalidInput('Cannot specify queuedTimeoutInMinutes for lambda compute');
}
