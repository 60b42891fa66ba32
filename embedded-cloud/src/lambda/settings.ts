/** Reads the settings of a function from a request or from template properties, with Lambda's limits and defaults. */
import { z } from 'zod';
import type { Call } from '../service.ts';
import { invalidParameter } from './context.ts';
import { imageConfigSchema } from './image/image-config.ts';
import { type Settings, settingsSchema } from './records.ts';
import { LAMBDA_RUNTIMES } from './runtimes.ts';

const numeric = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** The settings that CreateFunction, UpdateFunctionConfiguration and AWS::Lambda::Function have in common. */
export const requestedSettings = z.looseObject({
  Runtime: z.string().optional(),
  Handler: z.string().max(128).optional(),
  Role: z.string().optional(),
  Description: z.string().max(256).optional(),
  Timeout: numeric(1, 900).optional(),
  MemorySize: numeric(128, 10_240).optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()).optional() }).optional(),
  Architectures: z.array(z.enum(['x86_64', 'arm64'])).optional(),
  EphemeralStorage: z.object({ Size: numeric(512, 10_240) }).optional(),
  TracingConfig: z.object({ Mode: z.enum(['Active', 'PassThrough']) }).optional(),
  LoggingConfig: settingsSchema.shape.logging.optional(),
  Layers: z.array(z.unknown()).optional(),
  PackageType: z.enum(['Zip', 'Image']).optional(),
  ImageConfig: imageConfigSchema.optional(),
  FileSystemConfigs: z.array(z.unknown()).optional(),
  DeadLetterConfig: z.object({ TargetArn: z.string().optional() }).optional(),
});
export type RequestedSettings = z.infer<typeof requestedSettings>;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: what Lambda itself sets, and 4 KB in all. */
const reserved =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_DEFAULT_REGION|AWS_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;
const VARIABLES_LIMIT = 4096;

/** @throws InvalidParameterValueException for what Lambda refuses, or what only exists on AWS */
export function mergeSettings(request: RequestedSettings, current?: Settings): Settings {
  refuseUnsupported(request);
  const environment = request.Environment ? (request.Environment.Variables ?? {}) : current?.environment;
  checkVariables(environment ?? {});
  return settingsSchema.parse({
    ...current,
    ...defined({
      runtime: request.Runtime,
      handler: request.Handler,
      role: request.Role,
      description: request.Description,
      timeout: request.Timeout,
      memorySize: request.MemorySize,
      environment,
      architectures: request.Architectures,
      ephemeralStorage: request.EphemeralStorage?.Size,
      tracing: request.TracingConfig?.Mode,
      logging: request.LoggingConfig,
      imageConfig: request.ImageConfig,
    }),
  });
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function refuseUnsupported(request: RequestedSettings): void {
  if (request.Runtime !== undefined && !LAMBDA_RUNTIMES.includes(request.Runtime)) {
    throw invalidParameter(
      `The runtime ${request.Runtime} runs on AWS only: the embedded cloud has ${LAMBDA_RUNTIMES.join(', ')}.`,
    );
  }
  const refused = [
    [(request.Layers ?? []).length > 0, 'Layers'],
    [(request.FileSystemConfigs ?? []).length > 0, 'FileSystemConfigs'],
    [Boolean(request.DeadLetterConfig?.TargetArn), 'DeadLetterConfig'],
  ] as const;
  for (const [present, name] of refused) {
    if (present) throw invalidParameter(`The embedded cloud does not support ${name}. Nothing was changed.`);
  }
}

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const forbidden = Object.keys(variables).filter((name) => reserved.test(name));
  if (forbidden.length > 0) {
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${forbidden.join(', ')}`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > VARIABLES_LIMIT) {
    throw invalidParameter(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
  }
}

/** A caller may give a function only a role that it may pass to Lambda. */
export function requirePassRole(call: Call, roleArn: string): void {
  call.authorize('iam:PassRole', roleArn, { values: { 'iam:PassedToService': 'lambda.amazonaws.com' } });
}
