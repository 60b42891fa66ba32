/** What a build becomes from its project and the overrides of StartBuild. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Cloud, Principal } from '../service.ts';
import { type Build, buildShape } from './build.ts';
import {
  checkCompute,
  computeType,
  environmentType,
  fleet,
  isLambda,
  LAMBDA_TIMEOUT_MINUTES,
  pullCredentials,
} from './compute.ts';
import {
  DEFAULT_QUEUED_TIMEOUT_MINUTES,
  DEFAULT_TIMEOUT_MINUTES,
  logsShape,
  type Project,
  type Variable,
  variableShape,
} from './project.ts';

export const startBuildShape = z.object({
  projectName: z.string().min(1),
  idempotencyToken: z.string().min(1).max(64).optional(),
  environmentVariablesOverride: z.array(variableShape).default([]),
  timeoutInMinutesOverride: z.int().min(5).max(2160).optional(),
  queuedTimeoutInMinutesOverride: z.int().min(5).max(480).optional(),
  sourceVersion: z.string().optional(),
  sourceTypeOverride: z.enum(['NO_SOURCE', 'S3']).optional(),
  sourceLocationOverride: z.string().optional(),
  buildspecOverride: z.string().optional(),
  computeTypeOverride: computeType.optional(),
  imageOverride: z.string().min(1).optional(),
  environmentTypeOverride: environmentType.optional(),
  imagePullCredentialsTypeOverride: pullCredentials.optional(),
  fleetOverride: fleet.optional(),
  privilegedModeOverride: z.boolean().optional(),
  serviceRoleOverride: z.string().optional(),
  logsConfigOverride: logsShape.optional(),
});
export type StartBuild = z.infer<typeof startBuildShape>;

/** What the build runs on: the project's, as far as the call says nothing else. */
function environmentOf(
  { environment }: Project,
  start: StartBuild,
): Omit<Project['environment'], 'environmentVariables'> {
  const ofFleet = start.fleetOverride ?? environment.fleet;
  return {
    type: start.environmentTypeOverride ?? environment.type,
    image: start.imageOverride ?? environment.image,
    computeType: start.computeTypeOverride ?? environment.computeType,
    privilegedMode: start.privilegedModeOverride ?? environment.privilegedMode,
    ...(ofFleet && { fleet: ofFleet }),
    imagePullCredentialsType: start.imagePullCredentialsTypeOverride ?? environment.imagePullCredentialsType,
  };
}

/** Lambda compute knows no time limits but its own; a queue it has not. */
function limitsOf(project: Project, start: StartBuild, type: string) {
  const timeoutInMinutes = start.timeoutInMinutesOverride ?? project.timeoutInMinutes;
  const queuedTimeoutInMinutes = start.queuedTimeoutInMinutesOverride ?? project.queuedTimeoutInMinutes;
  const given = { timeoutInMinutes, queuedTimeoutInMinutes };
  return {
    given,
    effective: isLambda(type)
      ? { timeoutInMinutes: LAMBDA_TIMEOUT_MINUTES, queuedTimeoutInMinutes: DEFAULT_QUEUED_TIMEOUT_MINUTES }
      : {
          timeoutInMinutes: timeoutInMinutes ?? DEFAULT_TIMEOUT_MINUTES,
          queuedTimeoutInMinutes: queuedTimeoutInMinutes ?? DEFAULT_QUEUED_TIMEOUT_MINUTES,
        },
  };
}

/**
 * A build just submitted.
 * @throws AwsError InvalidInputException for overrides that do not go together
 */
export function newBuild(
  cloud: Cloud,
  project: Project,
  start: StartBuild,
  caller: Principal,
  buildNumber: number,
): Build {
  const uuid = randomUUID();
  const id = `${project.name}:${uuid}`;
  const now = cloud.now() / 1000;
  const environment = environmentOf(project, start);
  const limits = limitsOf(project, start, environment.type);
  checkCompute({ ...environment, ...limits.given });
  return buildShape.parse({
    id,
    arn: `arn:${cloud.partition}:codebuild:${cloud.region}:${cloud.accountId}:build/${id}`,
    buildNumber,
    startTime: now,
    currentPhase: 'QUEUED',
    buildStatus: 'IN_PROGRESS',
    ...(start.sourceVersion !== undefined && { sourceVersion: start.sourceVersion }),
    projectName: project.name,
    phases: [
      {
        phaseType: 'SUBMITTED',
        phaseStatus: 'SUCCEEDED',
        startTime: now,
        endTime: now,
        durationInSeconds: 0,
      },
      { phaseType: 'QUEUED', startTime: now },
    ],
    source: {
      type: start.sourceTypeOverride ?? project.source.type,
      location: start.sourceLocationOverride ?? project.source.location,
      buildspec: start.buildspecOverride ?? project.source.buildspec,
      insecureSsl: false,
    },
    secondarySources: [],
    secondarySourceVersions: [],
    artifacts: { location: '' },
    cache: { type: 'NO_CACHE' },
    environment: {
      ...environment,
      environmentVariables: merged(
        project.environment.environmentVariables,
        start.environmentVariablesOverride,
      ),
    },
    serviceRole: start.serviceRoleOverride ?? project.serviceRole,
    logs: logsOf(cloud, project, start, uuid),
    ...limits.effective,
    buildComplete: false,
    initiator: caller.arn.slice(caller.arn.lastIndexOf(':') + 1).replace(/^(assumed-role|role|user)\//, ''),
    encryptionKey: `arn:${cloud.partition}:kms:${cloud.region}:${cloud.accountId}:alias/aws/s3`,
  });
}

/** The override of a name replaces the project's variable. */
function merged(variables: readonly Variable[], overrides: readonly Variable[]): Variable[] {
  const byName = new Map([...variables, ...overrides].map((variable) => [variable.name, variable]));
  return [...byName.values()];
}

function logsOf(cloud: Cloud, project: Project, start: StartBuild, uuid: string): Record<string, unknown> {
  const config = start.logsConfigOverride?.cloudWatchLogs ?? project.logsConfig.cloudWatchLogs;
  if (config?.status === 'DISABLED') return { cloudWatchLogs: { status: 'DISABLED' } };
  const groupName = config?.groupName ?? `/aws/codebuild/${project.name}`;
  const streamName = config?.streamName ? `${config.streamName}/${uuid}` : uuid;
  const group = `arn:${cloud.partition}:logs:${cloud.region}:${cloud.accountId}:log-group:${groupName}`;
  return {
    groupName,
    streamName,
    deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${cloud.region}#logEvent:group=${groupName};stream=${streamName}`,
    cloudWatchLogsArn: `${group}:log-stream:${streamName}`,
    cloudWatchLogs: {
      status: 'ENABLED',
      groupName,
      ...(config?.streamName && { streamName: config.streamName }),
    },
  };
}
