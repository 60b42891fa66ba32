/** The deploy target `lambda` on AWS Lambda. It touches functions with the tag `staithe:project` only; IAM sees to that. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { backoff } from '../../contract/retry.ts';
import { OWNER_TAG } from '../../domain/owner-tag.ts';
import { type TargetAdapter, TargetError } from '../../domain/ports/targets.ts';
import type { LambdaTarget } from '../../domain/target/lambda.ts';
import { setting } from '../settings.ts';
import { undefinedIfMissing } from '../undefined-if-missing.ts';
import { aliasOf, aliasVersion, dropAlias, moveAlias } from './alias.ts';
import { askVersion } from './ask.ts';
import {
  codeHashOf,
  codeOf,
  configurationOf,
  type FunctionRelease,
  hasCodeOf,
  isConfiguredAs,
} from './code.ts';
import { assertMayCreate, assertOwner, assertPackage, asTargetError } from './refusals.ts';
import { closeUrl, publicUrl } from './url.ts';
import { faultOf } from './watch.ts';

/**
 * An account has 15 calls of Lambda's control plane a second, for all its APIs together. Of a throttled call the SDK
 * pauses for at most 1, 2, 4 and 8 s, and half of it in the mean (AWS SDKs and Tools reference, "Retry behavior"): with
 * its usual three attempts, steps would be repeated as soon as a few deployments run at the same time.
 */
export const CONTROL_PLANE_ATTEMPTS = 5;

/** What an installation has its functions made of. */
export interface FunctionSettings {
  readonly bucket: string;
  readonly roleArn: string;
  /** The names of functions that may be created, with a `*` at the end. */
  readonly names: string;
  readonly cloudWatch: (sdk: typeof CloudWatchClient) => CloudWatchClient;
}

const settings = (): FunctionSettings => {
  let client: CloudWatchClient | undefined;
  return {
    bucket: setting('STAITHE_BUCKET'),
    roleArn: setting('STAITHE_FUNCTION_ROLE'),
    names: setting('STAITHE_FUNCTION_NAMES'),
    cloudWatch: (sdk) => {
      client ??= new sdk();
      return client;
    },
  };
};

export function lambdaFunctions(
  client: LambdaClient = new LambdaClient({ maxAttempts: CONTROL_PLANE_ATTEMPTS }),
  { bucket, roleArn, names, cloudWatch }: FunctionSettings = settings(),
): TargetAdapter<LambdaTarget> {
  const look = (functionName: string, Qualifier?: string) =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier }));
  const statusOf = async (functionName: string) => {
    const config = await look(functionName);
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
    serving: (release) => aliasVersion(client, release),

    async has(release, version) {
      const found = await undefinedIfMissing(look(release.target.function_name, version));
      return (
        found !== undefined &&
        found.State !== 'Failed' &&
        hasCodeOf(found, release) &&
        isConfiguredAs(found, release)
      );
    },

    async prepare(release) {
      const { function_name: functionName, architecture } = release.target;
      const current = await undefinedIfMissing(look(functionName));
      const code = codeOf(release, bucket);
      if (current === undefined) {
        assertMayCreate(release, names);
        await asTargetError(
          client.send(
            new CreateFunctionCommand({
              ...configurationOf(release),
              Code: code,
              PackageType: release.target.package === 'image' ? 'Image' : 'Zip',
              Role: roleArn,
              Architectures: [architecture],
              Tags: { [OWNER_TAG]: release.projectId },
            }),
          ),
        );
        return;
      }
      await assertOwner(client, current.FunctionArn ?? functionName, release);
      assertPackage(release, current.PackageType);
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
            ...code,
            Architectures: [architecture],
          }),
        ),
      );
    },

    async isReady({ target }) {
      return (await updatedConfiguration(target.function_name)) !== undefined;
    },

    async publish(release) {
      const functionName = release.target.function_name;
      const expected = codeHashOf(release);
      const current = await statusOf(functionName);
      if (!isConfiguredAs(current, release))
        throw new TargetError(
          `The configuration of ${functionName} was changed by another client in the meantime. Deploy again.`,
        );
      // Digest and revision make Lambda itself refuse when code or configuration was changed since.
      const request = { FunctionName: functionName, CodeSha256: expected, RevisionId: current.RevisionId };
      const published = await asTargetError(client.send(new PublishVersionCommand(request)));
      if (published.CodeSha256 !== expected || published.Version === undefined)
        throw new TargetError(
          `Lambda holds code with another digest (${published.CodeSha256}) than the release's (${expected}).`,
        );
      return published.Version;
    },

    ask: (release, version, question) => askVersion(client, release, version, question),

    async candidateUrl(release, version) {
      const candidate = candidateOf(release);
      await moveAlias(client, candidate, { version, percent: 100 });
      return publicUrl(client, release.target.function_name, aliasOf(candidate));
    },

    async dropCandidate(release) {
      const candidate = candidateOf(release);
      await asTargetError(closeUrl(client, release.target.function_name, aliasOf(candidate)));
      await asTargetError(dropAlias(client, candidate));
    },

    async shift(release, traffic) {
      await moveAlias(client, release, traffic);
      return { url: await publicUrl(client, release.target.function_name, aliasOf(release)) };
    },

    fault: (release, watched) => faultOf(cloudWatch, release, watched, Date.now()),
  };
}

/** The alias of a version that is tested before it has traffic. */
const candidateOf = (release: FunctionRelease): FunctionRelease => ({
  ...release,
  environment: `${release.environment}-candidate`,
});

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
