/** The deploy target `lambda` on AWS Lambda. It touches functions with the tag `staithe:project` only; IAM sees to that. */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type FunctionConfiguration,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  InvalidParameterValueException,
  LambdaClient,
  ListTagsCommand,
  PublishVersionCommand,
  type Runtime,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { backoff } from '../contract/retry.ts';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import type { FunctionRelease, Functions } from '../domain/ports/functions.ts';
import { TargetError } from '../domain/ports/functions.ts';
import { hexOf } from '../domain/values.ts';
import { publicUrl } from './function-url.ts';
import { setting } from './settings.ts';
import { undefinedIfMissing } from './undefined-if-missing.ts';

/**
 * An account has 15 calls of Lambda's control plane a second, for all its APIs together. Of a throttled call the SDK
 * pauses for at most 1, 2, 4 and 8 s, and half of it in the mean (AWS SDKs and Tools reference, "Retry behavior"): with
 * its usual three attempts, steps would be repeated as soon as a few deployments run at the same time.
 */
export const CONTROL_PLANE_ATTEMPTS = 5;

const base64Of = (digest: string): string => Buffer.from(hexOf(digest), 'hex').toString('base64');

/** What Lambda refuses because of the request is the deployer's to mend; the rest is thrown as it is and tried again. */
async function asTargetError<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    if (error instanceof InvalidParameterValueException)
      throw new TargetError(`Lambda rejected the request: ${error.message}`);
    if (error instanceof Error && error.name === 'AccessDeniedException')
      throw new TargetError(
        `Staithe may not change this function: ${error.message} A function that Staithe did not create needs the tag ${OWNER_TAG}.`,
      );
    throw error;
  });
}

export function lambdaFunctions(
  client: LambdaClient = new LambdaClient({ maxAttempts: CONTROL_PLANE_ATTEMPTS }),
  bucket: string = setting('STAITHE_BUCKET'),
  roleArn: string = setting('STAITHE_FUNCTION_ROLE'),
  names: string = setting('STAITHE_FUNCTION_NAMES'),
): Functions {
  const codeOf = (release: FunctionRelease) => ({ S3Bucket: bucket, S3Key: release.blobKey });
  const configurationOf = ({ target, variables }: FunctionRelease) => ({
    FunctionName: target.function_name,
    Handler: target.handler,
    // Which there are, the installation says; the SDK's list is that of its own version.
    Runtime: target.runtime as Runtime,
    MemorySize: target.memory_mb,
    Timeout: target.timeout_seconds,
    Environment: { Variables: { ...variables } },
  });
  const statusOf = async (functionName: string) => {
    const config = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
    if (config.State === 'Failed' || config.LastUpdateStatus === 'Failed')
      throw new TargetError(
        `Lambda could not apply the change: ${config.StateReason ?? config.LastUpdateStatusReason ?? 'no reason given'}`,
      );
    return config;
  };
  const updatedConfiguration = async (functionName: string) => {
    const config = await statusOf(functionName);
    return config.State !== 'Pending' && config.LastUpdateStatus !== 'InProgress' ? config : undefined;
  };

  return {
    async apply(release) {
      const functionName = release.target.function_name;
      const current = await undefinedIfMissing(
        client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
      );
      if (current === undefined) {
        assertMayCreate(release, names);
        await asTargetError(
          client.send(
            new CreateFunctionCommand({
              ...configurationOf(release),
              Code: codeOf(release),
              Role: roleArn,
              Architectures: [release.target.architecture],
              Tags: { [OWNER_TAG]: release.projectId },
            }),
          ),
        );
        return;
      }
      await assertOwner(client, current.FunctionArn ?? functionName, release);
      // What is asked for already is not asked for again: most releases change code alone, and a step that was throttled
      // goes on where it stopped.
      const asked = current.State === 'Failed' || current.LastUpdateStatus === 'Failed' ? {} : current;
      if (!isConfiguredAs(asked, release))
        await asTargetError(client.send(new UpdateFunctionConfigurationCommand(configurationOf(release))));
      if (hasCodeOf(asked, release)) return;
      await waitUntilUpdated(functionName, updatedConfiguration);
      await asTargetError(
        client.send(
          new UpdateFunctionCodeCommand({
            FunctionName: functionName,
            ...codeOf(release),
            Architectures: [release.target.architecture],
          }),
        ),
      );
    },

    async isReady(functionName) {
      return (await updatedConfiguration(functionName)) !== undefined;
    },

    async aliasVersion(functionName, alias) {
      return (
        await undefinedIfMissing(
          client.send(new GetAliasCommand({ FunctionName: functionName, Name: alias })),
        )
      )?.FunctionVersion;
    },

    async hasVersion(release, version) {
      const found = await undefinedIfMissing(
        client.send(
          new GetFunctionConfigurationCommand({
            FunctionName: release.target.function_name,
            Qualifier: version,
          }),
        ),
      );
      return (
        found !== undefined &&
        found.State !== 'Failed' &&
        hasCodeOf(found, release) &&
        isConfiguredAs(found, release)
      );
    },

    async publish(release) {
      const functionName = release.target.function_name;
      const expected = base64Of(release.digest);
      const current = await statusOf(functionName);
      if (!isDeepStrictEqual(current.Environment?.Variables ?? {}, { ...release.variables }))
        throw new TargetError(
          `The variables of ${functionName} were changed by another client in the meantime. Deploy again.`,
        );
      // Digest and revision make Lambda itself refuse when somebody has changed code or configuration since.
      const request = { FunctionName: functionName, CodeSha256: expected, RevisionId: current.RevisionId };
      const published = await asTargetError(client.send(new PublishVersionCommand(request)));
      if (published.CodeSha256 !== expected || published.Version === undefined)
        throw new TargetError(
          `Lambda holds code with another digest (${published.CodeSha256}) than the release's (${expected}).`,
        );
      return published.Version;
    },

    async moveAlias(functionName, alias, version) {
      const target = { FunctionName: functionName, Name: alias, FunctionVersion: version };
      const moved = await undefinedIfMissing(client.send(new UpdateAliasCommand(target)));
      if (moved === undefined) await client.send(new CreateAliasCommand(target));
      return publicUrl(client, functionName, alias);
    },
  };
}

/** IAM lets Staithe create functions of certain names only; others it may deploy to when their owner has tagged them. */
function assertMayCreate({ projectId, target }: FunctionRelease, names: string): void {
  const prefix = names.replace(/\*$/, '');
  if (target.function_name.startsWith(prefix)) return;
  throw new TargetError(
    `There is no function ${target.function_name}, and Staithe creates functions only whose names begin with '${prefix}'. Name it ${prefix}${target.function_name}, or create it yourself and tag it ${OWNER_TAG}=${projectId}.`,
  );
}

function isConfiguredAs(current: FunctionConfiguration, { target, variables }: FunctionRelease): boolean {
  return (
    current.Handler === target.handler &&
    current.Runtime === target.runtime &&
    current.MemorySize === target.memory_mb &&
    current.Timeout === target.timeout_seconds &&
    isDeepStrictEqual(current.Environment?.Variables ?? {}, { ...variables })
  );
}

function hasCodeOf(current: FunctionConfiguration, { digest, target }: FunctionRelease): boolean {
  return (
    current.CodeSha256 === base64Of(digest) && isDeepStrictEqual(current.Architectures, [target.architecture])
  );
}

/** IAM lets Staithe change what has the tag; whose it is, only Staithe can tell. */
async function assertOwner(
  client: LambdaClient,
  functionArn: string,
  { projectId, target }: FunctionRelease,
): Promise<void> {
  const { Tags: tags } = await client.send(new ListTagsCommand({ Resource: functionArn }));
  const owner = tags?.[OWNER_TAG];
  if (owner === projectId) return;
  const ownerMessage = owner === undefined ? 'was not created by Staithe' : 'belongs to another project';
  throw new TargetError(
    `The function ${target.function_name} ${ownerMessage}. To let this project deploy to it, tag it ${OWNER_TAG}=${projectId}.`,
  );
}

/**
 * Lambda takes one change at a time; a configuration is in force within a second or two. Beyond 30 tries the step
 * fails and is tried again by the workflow.
 */
async function waitUntilUpdated(
  functionName: string,
  updated: (functionName: string) => Promise<unknown>,
): Promise<void> {
  const pauseAfter = backoff(100, 1000);
  for (let attempt = 1; attempt <= 30; attempt++) {
    if ((await updated(functionName)) !== undefined) return;
    await delay(pauseAfter(attempt));
  }
  throw new Error(`Function ${functionName} is still being updated.`);
}
