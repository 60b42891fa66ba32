import { gzipSync } from 'node:zlib';
import { GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import {
  type CreateFunctionCommandInput,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plain } from '../../src/codebuild/sandbox.ts';
import { requireImages } from '../../src/lambda/image/machine.ts';
import { eventually } from '../../test-kit/patience.ts';
import { needs } from '../../test-kit/tools.ts';
import { answering } from './functions.ts';
import { ImageFunctions } from './image-functions.ts';
import { shell } from './image-kit.ts';

let image: ImageFunctions;
beforeEach(async () => {
  image = await ImageFunctions.start();
});
afterEach(() => image[Symbol.asyncDispose]());

describe('a function from an image', needs('bubblewrap', 'busybox'), () => {
  test('that cannot be unpacked fails with the reason, and works once it has another image', async () => {
    await image.push('bad', [...shell, gzipSync(Buffer.alloc(2_048, 'no tar file '))]);
    await image.create(':bad');
    const failed = await eventually(async () => {
      const found = await image.functions.running.client.send(
        new GetFunctionConfigurationCommand({ FunctionName: 'app' }),
      );
      expect(found.State).toBe('Failed');
      return found;
    });
    const refused = image.said('echo');
    await expect(refused).rejects.toMatchObject({ name: 'ResourceConflictException' });

    await image.push('good');
    await image.functions.running.client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'app', ImageUri: `${image.host}/team/app:good` }),
    );
    await image.functions.settled('app');

    expect(failed.StateReason).toMatch(/cannot be unpacked/);
    expect(await image.said('echo here')).toBe('here');
  });

  test('goes on with its former image until the update has succeeded, and after it has failed', async () => {
    const good = await image.push('good');
    await image.push('bad', [...shell, gzipSync(Buffer.alloc(2_048, 'no tar file '))]);
    await image.create(':good');
    await image.functions.active('app');
    await image.functions.running.client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'app', ImageUri: `${image.host}/team/app:bad` }),
    );
    const during = await image.said('echo here');
    const found = await eventually(async () => {
      const one = await image.functions.running.client.send(
        new GetFunctionConfigurationCommand({ FunctionName: 'app' }),
      );
      expect(one.LastUpdateStatus).toBe('Failed');
      return one;
    });

    expect([during, await image.said('echo here')]).toEqual(['here', 'here']);
    expect(found).toMatchObject({
      State: 'Active',
      CodeSha256: good.slice(7),
      LastUpdateStatusReason: expect.stringContaining('cannot be unpacked'),
    });
  });

  test('is refused where image, function or request do not fit, and nothing is made', async () => {
    await image.push('v1');
    await image.push('arm', shell, { architecture: process.arch === 'arm64' ? 'amd64' : 'arm64' });
    await image.push('idle', shell, { config: { Entrypoint: [], Cmd: [] } });
    const refused = (reference: string, input: Partial<CreateFunctionCommandInput> = {}) =>
      image.create(reference, input).then(
        () => 'created',
        (error: Error) => error.message,
      );

    await image.push('vast', [], { config: { Labels: { text: 'x'.repeat(5 * 2 ** 20) } } });

    expect(await refused(':absent')).toMatch(/does not exist/);
    expect(await refused(':vast')).toMatch(/larger than 4 MiB/);
    expect(await refused(':arm')).toMatch(/architecture/);
    const other = process.arch === 'arm64' ? 'x86_64' : 'arm64';
    expect(await refused(':arm', { Architectures: [other] })).toMatch(
      /This machine .* cannot run images for/,
    );
    expect(await refused(':idle')).toMatch(/neither an entry point nor a command/);
    expect(await refused(':v1', { Code: { ImageUri: 'elsewhere.example.com/app:v1' } })).toMatch(
      /push the image there/,
    );
    expect(await refused(':v1', { Runtime: 'nodejs22.x' })).toMatch(/don't provide Runtime/);
    expect(await refused(':v1', { Code: { ZipFile: await answering('one') } })).toMatch(/ImageUri/);
    expect(await refused(':v1', { PackageType: 'Zip', Runtime: 'nodejs22.x', Handler: 'i.h' })).toMatch(
      /a zip/,
    );
    const none = image.functions.running.client.send(new GetFunctionCommand({ FunctionName: 'app' }));
    await expect(none).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('is read by Lambda, which gets the permission where the caller may give it', async () => {
    await image.push('v1');
    const denied = await image
      .create(':v1', {}, image.functions.as('image-deployer'))
      .catch((error: Error) => error);
    await image.create(':v1', {}, image.functions.as('policy-deployer'));
    const { policyText = '' } = await image.registryClient.send(
      new GetRepositoryPolicyCommand({ repositoryName: 'team/app' }),
    );

    expect(denied).toMatchObject({ name: 'AccessDeniedException' });
    expect(denied).toMatchObject({
      message: expect.stringMatching(/does not have permission to access the ECR image/),
    });
    expect(JSON.parse(policyText)).toMatchObject({
      Statement: [{ Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  });
});

test('a machine without a sandbox says why it cannot run images, and what to do', async () => {
  const words = 'setting up uid map: Permission denied';
  const refused = requireImages(async () => ({ builds: plain, rootless: undefined, failure: words }));

  await expect(refused).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringMatching(/need bubblewrap.*(Install bubblewrap|Permission denied|Linux machine)/),
  });
});
