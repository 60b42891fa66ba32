import { gzipSync } from 'node:zlib';
import {
  GetFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLimits } from '../../src/codebuild/limits.ts';
import { eventually } from '../../test-kit/patience.ts';
import { needs, unless } from '../../test-kit/tools.ts';
import { ImageFunctions } from './image-functions.ts';
import { ownedLayer, shell } from './image-kit.ts';

let image: ImageFunctions;
beforeEach(async () => {
  image = await ImageFunctions.start();
});
afterEach(() => image[Symbol.asyncDispose]());

/** Memory is limited by control groups. */
function lacksGroups(): string | undefined {
  const limits = createLimits(`probe-${process.pid}`);
  void limits.release();
  return limits.kind.startsWith('cgroup') ? undefined : 'control groups cannot be made here';
}

describe('a function from an image', needs('bubblewrap', 'busybox'), () => {
  test('runs the image by its digest, with its layers, its settings and those of the function', async () => {
    const digest = await image.push('v1');
    const made = await image.create(':v1', { Environment: { Variables: { COLOR: 'blue' } } });
    await image.functions.active('app');
    const { Code, Configuration } = await image.functions.running.client.send(
      new GetFunctionCommand({ FunctionName: 'app' }),
    );

    expect(made).toMatchObject({
      PackageType: 'Image',
      State: 'Pending',
      CodeSha256: digest.slice(7),
      CodeSize: 0,
    });
    expect([made.Runtime, made.Handler]).toEqual([undefined, undefined]);
    expect(Configuration).toMatchObject({ State: 'Active', CodeSha256: digest.slice(7) });
    expect(Code).toEqual({
      RepositoryType: 'ECR',
      ImageUri: `${image.host}/team/app:v1`,
      ResolvedImageUri: `${image.host}/team/app@${digest}`,
    });
    expect(await image.said('echo $GREETING $COLOR $AWS_LAMBDA_FUNCTION_NAME $1 $(pwd)')).toBe(
      'hello blue app from-image /',
    );
    expect(await image.said('busybox ls /etc/kept /etc/gone /bin/late')).toMatch(
      /gone: No such file.*\/bin\/late.*\/etc\/kept/,
    );
    // The same process answers the next event.
    await image.said('echo once > /tmp/left');
    expect(await image.said('busybox cat /tmp/left')).toBe('once');
  });

  test('sees its image read-only, a /tmp of its own, and nothing of the machine', async () => {
    await image.push('v1');
    await image.create(':v1');
    await image.functions.active('app');

    expect(await image.said('echo x > /etc/kept')).toMatch(/Read-only file system/);
    expect(await image.said('busybox id -u')).toBe('993');
    expect(await image.said('busybox ls /')).not.toMatch(/home|root|work|usr/);
    expect(await image.said('busybox ps | busybox wc -l')).toMatch(/^[2-9]$/);
  });

  test('is refused what belongs to root and is not for others', async () => {
    const layer = ownedLayer([
      { path: 'closed/', mode: 0o700, owner: 0 },
      { path: 'etc/secret', mode: 0o600, owner: 0 },
      { path: 'etc/own', mode: 0o600, owner: 993 },
    ]);
    await image.push('v1', [...shell, gzipSync(layer)]);
    await image.create(':v1');
    await image.functions.active('app');

    expect(await image.said('busybox cat /etc/secret')).toMatch(/Permission denied/);
    expect(await image.said('busybox ls /closed')).toMatch(/Permission denied/);
    expect(await image.said('busybox cat /etc/own && echo mine')).toBe('mine');
  });

  test('has no more memory than MemorySize', unless(lacksGroups()), async () => {
    await image.push('v1');
    await image.create(':v1', { MemorySize: 128 });
    await image.functions.active('app');

    expect(await image.said('busybox dd if=/dev/zero of=/dev/null bs=64M count=1 && echo enough')).toMatch(
      /enough/,
    );
    expect(
      await image.said('busybox dd if=/dev/zero of=/dev/null bs=400M count=1 && echo enough'),
    ).not.toMatch(/enough/);
  });

  test('starts what ImageConfig says instead of what the image says, and ends at its timeout', async () => {
    await image.push('v1', shell, { config: { Entrypoint: ['/absent'] } });
    await image.create(':v1', {
      Timeout: 2,
      ImageConfig: {
        EntryPoint: ['/bin/busybox', 'sh', '/runtime'],
        Command: ['mine'],
        WorkingDirectory: '/etc',
      },
    });
    await image.functions.active('app');

    expect(await image.said('echo $1 $(pwd)')).toBe('mine /etc');
    expect(await image.said('busybox sleep 60')).toMatch(/Task timed out after 2.00 seconds/);
    const settings = { FunctionName: 'app', ImageConfig: { EntryPoint: ['/absent'] } };
    await image.functions.running.client.send(new UpdateFunctionConfigurationCommand(settings));
    await image.functions.settled('app');
    expect(await image.said('echo')).toMatch(/Runtime.ExitError/);
  });

  test('keeps its image while the tag moves, and each version its own', async () => {
    await image.push('live');
    await image.create(':live', { Publish: true });
    await image.functions.active('app');
    const other = await image.push('live', [...shell, { 'etc/second': 'second' }]);
    const before = await image.said('busybox ls /etc');
    await image.functions.running.client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'app', ImageUri: `${image.host}/team/app:live` }),
    );
    await image.functions.settled('app');
    const published = await image.functions.running.client.send(
      new PublishVersionCommand({ FunctionName: 'app', CodeSha256: other.slice(7) }),
    );

    expect(before).not.toMatch(/second/);
    expect(published.Version).toBe('2');
    expect([await image.said('busybox ls /etc', '1'), await image.said('busybox ls /etc', '2')]).toEqual([
      expect.not.stringMatching(/second/),
      expect.stringMatching(/second/),
    ]);
  });

  test('answers again after a restart, and writes its log', async () => {
    const digest = await image.push('v1');
    await image.create(`@${digest}`);
    image.functions.running = await image.functions.running.restart();
    await image.functions.active('app');

    expect(await image.said('echo here')).toBe('here');
    const lines = await eventually(async () => {
      const { logGroupName, logStreamNames } = await streams();
      const input = { logGroupName, logStreamName: logStreamNames[0] };
      const { events } = await operatorCall<{ events: { message: string }[] }>('logs', 'GetLogEvents', input);
      expect(events.map(({ message }) => message).join('\n')).toMatch(/REPORT/);
      return events.map(({ message }) => message).join('\n');
    });
    expect(lines).toMatch(
      /started as .*runtime from-image\n[\s\S]*START RequestId[\s\S]*answering [\s\S]*REPORT .*Max Memory Used: [1-9]/,
    );
  });
});

function operatorCall<T>(service: string, action: string, input: Record<string, unknown>): Promise<T>;
async function operatorCall(
  service: string,
  action: string,
  input: Record<string, unknown>,
): Promise<unknown> {
  const { cloud } = image.functions.running.cloud;
  return cloud.call(
    { kind: 'operator', arn: `arn:aws:iam::${cloud.accountId}:user/operator` },
    service,
    action,
    input,
  );
}

async function streams() {
  const logGroupName = '/aws/lambda/app';
  const { logStreams } = await operatorCall<{ logStreams: { logStreamName: string }[] }>(
    'logs',
    'DescribeLogStreams',
    { logGroupName },
  );
  return { logGroupName, logStreamNames: logStreams.map(({ logStreamName }) => logStreamName) };
}
