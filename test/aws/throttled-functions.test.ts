/** Deployments at the quota of Lambda's control plane: the adapter with the real SDK, on an embedded cloud that throttles. */
import { createHash } from 'node:crypto';
import { LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { quotasOf, rateOf } from 'embedded-cloud/quotas';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { zip } from 'embedded-cloud/test-kit/zip.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CONTROL_PLANE_ATTEMPTS, lambdaFunctions } from '../../lib/aws/functions/index.ts';
import type { TargetAdapter, TargetRelease } from '../../lib/domain/ports/targets.ts';
import { LambdaTarget } from '../../lib/domain/target/lambda.ts';
import { isThrottling } from '../../lib/domain/throttling.ts';
import { BUCKET, type SmallCloud, startSmallCloud } from './cloud.ts';

/** In place of 15 and 15. */
const LOW = { burst: 4, perSecond: 4 };

let cloud: SmallCloud;
let lambda: LambdaClient;
let storage: S3Client;
let functions: TargetAdapter<LambdaTarget>;
let low = false;
beforeAll(async () => {
  cloud = await startSmallCloud({
    ...quotasOf('machine', 'us-east-1'),
    rateOf(action) {
      const limited = low ? rateOf(action, 'us-east-1') : undefined;
      return limited && { key: limited.key, rate: LOW };
    },
  });
  storage = new S3Client({ ...cloud.config, forcePathStyle: true });
});
afterAll(async () => {
  lambda.destroy();
  storage.destroy();
  await cloud[Symbol.asyncDispose]();
});

/** Calls that Lambda has done, in their order, without those that only read. */
let done: string[];
/** The call that is throttled, once, by its place among all calls; none. */
let throttledCall: number;
let calls: number;
beforeEach(() => {
  done = [];
  calls = 0;
  throttledCall = 0;
  low = false;
  lambda = new LambdaClient({ ...cloud.config, maxAttempts: CONTROL_PLANE_ATTEMPTS });
  lambda.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        calls += 1;
        if (calls === throttledCall)
          throw new TooManyRequestsException({ message: 'Rate exceeded', $metadata: {} });
        const answer = await next(args);
        if (!/^(Get|List)/.test(commandName)) done.push(commandName.replace(/Command$/, ''));
        return answer;
      },
    { step: 'initialize' },
  );
  functions = lambdaFunctions(lambda, {
    bucket: BUCKET,
    roleArn: cloud.running.outputs.Role ?? '',
    names: '*',
    cloudWatch: (sdk) => new sdk(cloud.config),
  });
});

type Release = TargetRelease<LambdaTarget>;

async function releaseOf(name: string, text: string, timeout = 10): Promise<Release> {
  const bytes = await zip({ 'index.js': `exports.handler = async () => '${text}';` });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = `projects/prj/artifacts/${sha256}`;
  await storage.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
  return {
    deploymentId: 'dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    projectId: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    environment: 'test',
    target: LambdaTarget.parse({
      kind: 'lambda',
      function_name: name,
      runtime: 'nodejs22.x',
      architecture: 'x86_64',
      timeout_seconds: timeout,
    }),
    variables: { GREETING: 'hello' },
    artifact: { key, digest: `sha256:${sha256}` },
  };
}

/** A step that is throttled is repeated from its beginning, as the workflow does. */
async function step<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Error && isThrottling(error.name)) return step(act);
    throw error;
  }
}

/** The calls of a deployment's steps (lib/domain/deployment/steps.ts). */
async function deploy(release: Release): Promise<string> {
  await step(() => functions.prepare(release));
  await eventually(async () => expect(await step(() => functions.isReady(release))).toBe(true));
  const version = await step(() => functions.publish(release));
  const { url = '' } = await step(() => functions.shift(release, { version, percent: 100 }));
  return url;
}

describe('a release', () => {
  test('that changes code alone asks for new code alone, and one that is repeated for nothing', async () => {
    await deploy(await releaseOf('changing', 'one'));
    done = [];

    await deploy(await releaseOf('changing', 'two'));
    const ofCode = done.splice(0);
    await deploy(await releaseOf('changing', 'two', 11));
    const ofConfiguration = done.splice(0);
    await functions.prepare(await releaseOf('changing', 'two', 11));

    expect(ofCode).toEqual(['UpdateFunctionCode', 'PublishVersion', 'UpdateAlias']);
    expect(ofConfiguration).toEqual(['UpdateFunctionConfiguration', 'PublishVersion', 'UpdateAlias']);
    expect(done).toEqual([]);
  });

  test('whose steps are throttled at any call goes on there: what was done is not done again', async () => {
    const first = ['CreateFunction', 'PublishVersion', 'CreateAlias', 'CreateFunctionUrlConfig'];
    const next = ['UpdateFunctionConfiguration', 'UpdateFunctionCode', 'PublishVersion'];
    await deploy(await releaseOf('throttled-0', 'one'));
    const longest = calls;

    for (let nth = 1; nth <= longest; nth++) {
      const name = `throttled-${nth}`;
      done = [];
      calls = 0;
      throttledCall = nth;
      await deploy(await releaseOf(name, 'one'));
      expect(done.filter((call) => first.includes(call))).toEqual(first);

      done = [];
      calls = 0;
      await deploy(await releaseOf(name, 'two', 11));
      expect(done.filter((call) => next.includes(call))).toEqual(next);
    }
  });
});

test('at a quota that stays low, deployments at the same time all succeed, each with the calls of one that is alone', async () => {
  await deploy(await releaseOf('alone', 'one'));
  const alone = done.splice(0).length;
  const releases = await Promise.all(['a', 'b', 'c'].map((name) => releaseOf(`low-${name}`, name)));

  low = true;
  const urls = await Promise.all(releases.map(deploy));
  low = false;

  expect(await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).toEqual(['a', 'b', 'c']);
  // A step that is given up in the midst of opening the URL moves the alias once more.
  expect(done.length).toBeLessThanOrEqual(releases.length * (alone + 1));
});
