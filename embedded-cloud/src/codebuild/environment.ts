/** The environment of a build's commands (user guide, "Environment variables in build environments"). */
import { delimiter } from 'node:path';
import { z } from 'zod';
import type { Cloud } from '../service.ts';
import { type Build, buildUuid } from './build.ts';
import type { Buildspec } from './buildspec.ts';
import { certificateVariables } from './certificates.ts';
import type { Variable } from './project.ts';
import type { RoleCall } from './role-call.ts';
import { type Folders, NODE_FOLDER, type Sandbox } from './sandbox.ts';

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Variables by rising precedence: the machine's, the buildspec's, the project's and the call's. Those by which the build
 * reaches the cloud come last: they are what the container agent sets on AWS.
 * @throws AwsError when a secret or parameter may not be read
 */
export async function buildEnvironment(
  cloud: Cloud,
  build: Build,
  {
    buildspec,
    machine,
    sourceFolder,
    call,
  }: {
    buildspec: Buildspec;
    machine: Readonly<Record<string, string>>;
    sourceFolder: string;
    call: RoleCall;
  },
): Promise<Record<string, string>> {
  const resolve = async (variables: readonly Variable[]) => {
    const values = variables.map(async (each) => [each.name, await variableValue(call, each)] as const);
    return Object.fromEntries(await Promise.all(values));
  };
  return {
    ...machine,
    ...(await resolve(buildspecVariables(buildspec))),
    ...(await resolve(build.environment.environmentVariables)),
    ...codebuildVariables(build, sourceFolder),
    ...cloudVariables(cloud, build.serviceRole),
  };
}

/** Variables of the machine itself: the same in every build. @param network those that tell of the way out */
export function systemVariables(
  sandbox: Sandbox,
  host: Folders,
  network: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { home, temporary } = sandbox.inside(host);
  return {
    PATH: [...new Set([NODE_FOLDER, ...sandbox.path(), ...SYSTEM_PATH])].join(delimiter),
    HOME: home,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    USER: 'codebuild',
    ...certificateVariables(),
    ...network,
  };
}

function codebuildVariables(build: Build, sourceFolder: string): Record<string, string> {
  return {
    CODEBUILD_BUILD_ID: build.id,
    CODEBUILD_BUILD_ARN: build.arn,
    CODEBUILD_BUILD_NUMBER: String(build.buildNumber),
    CODEBUILD_BUILD_IMAGE: build.environment.image,
    CODEBUILD_BUILD_SUCCEEDING: '1',
    CODEBUILD_INITIATOR: build.initiator,
    CODEBUILD_LOG_PATH: build.logs.streamName ?? buildUuid(build.id),
    CODEBUILD_PROJECT_UUID: buildUuid(build.id),
    CODEBUILD_RESOLVED_SOURCE_VERSION: build.resolvedSourceVersion ?? '',
    CODEBUILD_SOURCE_VERSION: build.sourceVersion ?? build.source.location ?? '',
    CODEBUILD_SRC_DIR: sourceFolder,
    // Milliseconds since the epoch, as AWS gives it.
    CODEBUILD_START_TIME: String(Math.round(build.startTime * 1000)),
    CI: 'true',
  };
}

/**
 * On AWS a build asks the container's endpoint for its role's credentials; here they stand in the environment. Either
 * way the build can act as the role, so the role must be one that untrusted code may have.
 */
function cloudVariables(cloud: Cloud, roleArn: string): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.credentials(roleArn);
  return {
    AWS_REGION: cloud.region,
    AWS_DEFAULT_REGION: cloud.region,
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

function buildspecVariables({ env }: Buildspec): Variable[] {
  const of = (type: Variable['type'], map: Record<string, string> = {}) =>
    Object.entries(map).map(([name, value]) => ({ name, value, type }));
  return [
    ...of('PLAINTEXT', env?.variables),
    ...of('PARAMETER_STORE', env?.['parameter-store']),
    ...of('SECRETS_MANAGER', env?.['secrets-manager']),
  ];
}

const parameter = z.object({ Parameter: z.object({ Value: z.string() }) });
const secret = z.object({ SecretString: z.string() });

async function variableValue(call: RoleCall, variable: Variable): Promise<string> {
  if (variable.type === 'PLAINTEXT') return variable.value;
  if (variable.type === 'PARAMETER_STORE') {
    const answer = await call('ssm', 'GetParameter', {
      Name: variable.value,
      WithDecryption: true,
    });
    return parameter.parse(answer).Parameter.Value;
  }
  const { id, key, stage, version } = secretReference(variable.value);
  const answer = await call('secretsmanager', 'GetSecretValue', {
    SecretId: id,
    ...(stage && { VersionStage: stage }),
    ...(version && { VersionId: version }),
  });
  const text = secret.parse(answer).SecretString;
  if (!key) return text;
  return String(z.record(z.string(), z.unknown()).parse(JSON.parse(text))[key] ?? '');
}

/** `id:json-key:version-stage:version-id`, where the id may be an ARN with colons of its own. */
function secretReference(value: string) {
  const parts = value.split(':');
  const idParts = value.startsWith('arn:') ? 7 : 1;
  const [key, stage, version] = parts.slice(idParts);
  return { id: parts.slice(0, idParts).join(':'), key, stage, version };
}
