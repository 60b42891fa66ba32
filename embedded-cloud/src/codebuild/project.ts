/** CodeBuild projects, as the template declares them. */
import { z } from 'zod';
import { type Cloud, notImplemented } from '../service.ts';
import {
  checkCompute,
  computeType,
  environmentType,
  fleet,
  isLambda,
  type PullCredentials,
  pullCredentials,
} from './compute.ts';
import { parseInput } from './input.ts';

export const variableShape = z.object({
  name: z.string().min(1),
  value: z.coerce.string(),
  type: z.enum(['PLAINTEXT', 'PARAMETER_STORE', 'SECRETS_MANAGER']).default('PLAINTEXT'),
});
export type Variable = z.infer<typeof variableShape>;

export const logsShape = z.object({
  cloudWatchLogs: z
    .object({
      status: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
      groupName: z.string().optional(),
      streamName: z.string().optional(),
    })
    .optional(),
  s3Logs: z
    .object({ status: z.enum(['ENABLED', 'DISABLED']) })
    .loose()
    .optional(),
});

const boolean = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

const templateLogs = z.object({
  Status: z.enum(['ENABLED', 'DISABLED']),
  GroupName: z.string().optional(),
  StreamName: z.string().optional(),
});
type TemplateLogs = z.infer<typeof templateLogs>;

/** The template's properties: as the API's, with a capital at the front. */
const properties = z.object({
  Name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/)
    .optional(),
  Description: z.string().optional(),
  ServiceRole: z.string().min(1),
  Source: z.object({ Type: z.string(), Location: z.string().optional(), BuildSpec: z.string().optional() }),
  Environment: z.object({
    Type: environmentType,
    Image: z.string(),
    ComputeType: computeType,
    ImagePullCredentialsType: pullCredentials.default('CODEBUILD'),
    PrivilegedMode: boolean.default(false),
    Fleet: z.object({ FleetArn: fleet.shape.fleetArn }).optional(),
    EnvironmentVariables: z
      .array(z.object({ Name: z.string(), Value: z.coerce.string(), Type: variableShape.shape.type }))
      .default([]),
  }),
  Artifacts: z.object({ Type: z.string() }),
  // 5 minutes to 36 hours (Project reference).
  TimeoutInMinutes: z.coerce.number().int().min(5).max(2160).optional(),
  QueuedTimeoutInMinutes: z.coerce.number().int().min(5).max(480).optional(),
  ConcurrentBuildLimit: z.coerce.number().int().min(1).optional(),
  LogsConfig: z.object({ CloudWatchLogs: templateLogs.optional() }).optional(),
});

/** Project reference: an hour to run, eight to wait. */
export const DEFAULT_TIMEOUT_MINUTES = 60;
export const DEFAULT_QUEUED_TIMEOUT_MINUTES = 480;

export interface Project {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  readonly serviceRole: string;
  readonly source: {
    readonly type: 'NO_SOURCE' | 'S3';
    readonly location?: string;
    readonly buildspec?: string;
  };
  readonly environment: {
    readonly type: string;
    readonly image: string;
    readonly computeType: string;
    readonly privilegedMode: boolean;
    readonly fleet?: { readonly fleetArn: string };
    readonly environmentVariables: readonly Variable[];
    readonly imagePullCredentialsType: PullCredentials;
  };
  /** Undefined for Lambda compute, which has no time limits but its own. */
  readonly timeoutInMinutes?: number;
  readonly queuedTimeoutInMinutes?: number;
  readonly concurrentBuildLimit?: number;
  readonly logsConfig: z.infer<typeof logsShape>;
}

export function projectArn({ partition, region, accountId }: Cloud, name: string): string {
  return `arn:${partition}:codebuild:${region}:${accountId}:project/${name}`;
}

/**
 * Reads an AWS::CodeBuild::Project.
 * @throws AwsError InvalidInputException; NotImplemented for a source or artifact that is not supported
 */
export function parseProject(cloud: Cloud, raw: Record<string, unknown>, generatedName: string): Project {
  const given = parseInput(properties, raw);
  const { Type: type, Location: location, BuildSpec: buildspec } = given.Source;
  if (type !== 'NO_SOURCE' && type !== 'S3')
    throw notImplemented('codebuild', `projects with a ${type} source`);
  if (given.Artifacts.Type !== 'NO_ARTIFACTS') {
    throw notImplemented('codebuild', `projects with ${given.Artifacts.Type} artifacts`);
  }
  const name = given.Name ?? generatedName;
  const { Fleet, EnvironmentVariables } = given.Environment;
  const environment = {
    type: given.Environment.Type,
    image: given.Environment.Image,
    computeType: given.Environment.ComputeType,
    imagePullCredentialsType: given.Environment.ImagePullCredentialsType,
    privilegedMode: given.Environment.PrivilegedMode,
    ...(Fleet && { fleet: { fleetArn: Fleet.FleetArn } }),
  };
  const { TimeoutInMinutes: timeoutInMinutes, QueuedTimeoutInMinutes: queuedTimeoutInMinutes } = given;
  checkCompute({ ...environment, timeoutInMinutes, queuedTimeoutInMinutes });
  return {
    name,
    arn: projectArn(cloud, name),
    description: given.Description ?? '',
    serviceRole: roleArn(cloud, given.ServiceRole),
    source: { type, ...(location && { location }), ...(buildspec && { buildspec }) },
    environment: {
      ...environment,
      environmentVariables: EnvironmentVariables.map(({ Name, Value, Type }) => ({
        name: Name,
        value: Value,
        type: Type,
      })),
    },
    ...(!isLambda(environment.type) && {
      timeoutInMinutes: timeoutInMinutes ?? DEFAULT_TIMEOUT_MINUTES,
      queuedTimeoutInMinutes: queuedTimeoutInMinutes ?? DEFAULT_QUEUED_TIMEOUT_MINUTES,
    }),
    ...(given.ConcurrentBuildLimit && { concurrentBuildLimit: given.ConcurrentBuildLimit }),
    logsConfig: logsOf(given.LogsConfig?.CloudWatchLogs),
  };
}

function logsOf(logs: TemplateLogs | undefined): Project['logsConfig'] {
  return logs
    ? { cloudWatchLogs: { status: logs.Status, groupName: logs.GroupName, streamName: logs.StreamName } }
    : {};
}

/** A role may be given by its name. */
function roleArn(cloud: Cloud, role: string): string {
  return role.startsWith('arn:') ? role : `arn:${cloud.partition}:iam::${cloud.accountId}:role/${role}`;
}

/** The project as BatchGetProjects answers it. */
export function projectView(project: Project): Record<string, unknown> {
  return {
    ...project,
    secondarySources: [],
    secondarySourceVersions: [],
    artifacts: { type: 'NO_ARTIFACTS' },
    cache: { type: 'NO_CACHE' },
    tags: [],
    badge: { badgeEnabled: false },
  };
}
