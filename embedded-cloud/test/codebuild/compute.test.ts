import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findDocker } from '../../src/codebuild/docker.ts';
import { bubblewrap, plain } from '../../src/codebuild/sandbox.ts';
import { needs } from '../../test-kit/tools.ts';
import { codeBuildCloud, own, type Setup } from './build-cloud.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function setUp(setup: Partial<Setup> = {}) {
  const made = await codeBuildCloud({ sandbox: plain, buildspec: spec('true'), ...setup });
  closes.push(made.close);
  return made;
}

const spec = (...commands: string[]) => JSON.stringify({ version: 0.2, phases: { build: { commands } } });
const fleetArn = 'arn:aws:codebuild:eu-central-1:123456789012:fleet/gpu:0a1b';
const environment = (more: Record<string, unknown>) => ({
  Environment: {
    Type: 'LINUX_CONTAINER',
    Image: 'aws/codebuild/standard:7.0',
    ComputeType: 'BUILD_GENERAL1_SMALL',
    ...more,
  },
});
const Image = 'aws/codebuild/amazonlinux-aarch64-lambda-standard:nodejs22';
const lambda = environment({ Type: 'ARM_LAMBDA_CONTAINER', ComputeType: 'BUILD_LAMBDA_2GB', Image });

describe('the overrides of StartBuild', () => {
  it('choose type, size, image and fleet of one build', async () => {
    const { start, get, service } = await setUp();

    const { id } = await start({
      environmentTypeOverride: 'ARM_CONTAINER',
      computeTypeOverride: 'BUILD_GENERAL1_LARGE',
      imageOverride: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
      fleetOverride: { fleetArn },
    });
    await service.whenBuildEnds(id);

    expect((await get(id)).environment).toMatchObject({
      type: 'ARM_CONTAINER',
      computeType: 'BUILD_GENERAL1_LARGE',
      image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
      fleet: { fleetArn },
    });
  });

  it.each([
    [{ computeTypeOverride: 'BUILD_LAMBDA_1GB' }, /not supported for environment type LINUX_CONTAINER/],
    [{ environmentTypeOverride: 'ARM_LAMBDA_CONTAINER' }, /BUILD_GENERAL1_SMALL is not supported/],
    [{ environmentTypeOverride: 'ARM' }, /environmentTypeOverride/],
    [{ computeTypeOverride: 'HUGE' }, /computeTypeOverride/],
    [{ fleetOverride: { fleetArn: 'gpu' } }, /must be the ARN of a fleet/],
    [
      {
        ...{ environmentTypeOverride: 'ARM_LAMBDA_CONTAINER', computeTypeOverride: 'BUILD_LAMBDA_1GB' },
        imageOverride: Image,
      },
      /Cannot specify timeoutInMinutes for lambda compute/,
    ],
  ])('are refused when they do not go together: %j', async (overrides, message) => {
    const { start } = await setUp();

    await expect(start(overrides)).rejects.toMatchObject({
      code: 'InvalidInputException',
      message: expect.stringMatching(message),
    });
  });
});

describe('Lambda compute', () => {
  it('has 15 minutes and no time limits of its own', async () => {
    const { start, finish } = await setUp({ properties: lambda });

    const { build } = await finish({ computeTypeOverride: 'BUILD_LAMBDA_10GB' });

    expect(build.timeoutInMinutes).toBe(15);
    expect(build.environment.computeType).toBe('BUILD_LAMBDA_10GB');
    await expect(start({ timeoutInMinutesOverride: 5 })).rejects.toThrow(/Cannot specify timeoutInMinutes/);
    await expect(start({ queuedTimeoutInMinutesOverride: 5 })).rejects.toThrow(/queuedTimeoutInMinutes/);
    await expect(start({ privilegedModeOverride: true })).rejects.toThrow(/Cannot specify privilegedMode/);
  });

  it.each([
    [{ TimeoutInMinutes: 10 }, /Cannot specify timeoutInMinutes/],
    [environment({ Type: 'ARM_LAMBDA_CONTAINER' }), /not supported/],
  ])('is refused in a template with %j', async (properties, message) => {
    await expect(setUp({ properties: { ...lambda, ...properties } })).rejects.toThrow(message);
  });
});

describe('where a build on Lambda compute writes', () => {
  const attempt = (path: string) =>
    `(echo x >${path}/written) 2>/dev/null && echo "${path} yes" || echo "${path} no"`;
  const places = [
    '/tmp',
    '"$HOME"',
    '"$CODEBUILD_SRC_DIR"',
    '/',
    '/codebuild',
    '/opt',
    '/dev/shm',
    '/var/tmp',
    '/usr/local',
  ];
  const buildspec = spec(
    ...places.map(attempt),
    'echo "$HOME"',
    'echo "$CODEBUILD_SRC_DIR"',
    'mktemp >/dev/null && echo made',
  );

  it('is /tmp alone in bubblewrap, its home and its source included', needs('bubblewrap'), async () => {
    const { finish } = await setUp({ sandbox: bubblewrap, properties: lambda, buildspec });

    const { build, lines } = await finish();

    const [home, source] = ['/tmp', expect.stringMatching(/^\/tmp\/codebuild\/output\/src\d+\/src$/)];
    expect(build.buildStatus).toBe('SUCCEEDED');
    expect(own(lines)).toEqual([
      ...['/tmp yes', `${home} yes`, expect.stringMatching(/^\/tmp\/codebuild\/output\/src\d+\/src yes$/)],
      ...['/ no', '/codebuild no', '/opt no', '/dev/shm no', '/var/tmp no', '/usr/local no'],
      ...[home, source, 'made'],
    ]);
    expect(lines.join('\n')).toContain('Writable: /tmp alone, as on Lambda compute');
  });

  it('is more on other compute', needs('bubblewrap'), async () => {
    const { finish } = await setUp({
      sandbox: bubblewrap,
      buildspec: spec(attempt('/codebuild'), 'echo "$HOME"'),
    });

    const { lines } = await finish();

    expect(own(lines)).toEqual(['/codebuild yes', '/codebuild/home']);
    expect(lines.join('\n')).not.toContain('Writable:');
  });

  it('is not confined without bubblewrap, which its log says', async () => {
    const { finish } = await setUp({ properties: lambda });

    const { lines } = await finish();

    expect(lines.join('\n')).toContain('only bubblewrap enforces here');
  });
});

describe('Docker on this machine', () => {
  it('is there when a daemon answers at its socket, and only then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docker-'));
    const socket = join(folder, 'docker.sock');
    const daemon = createServer((request, response) => {
      response.statusCode = request.url === '/_ping' ? 200 : 404;
      response.end('OK');
    });
    await new Promise<void>((resolve) => daemon.listen(socket, resolve));
    closes.push(async () => rmSync(folder, { recursive: true, force: true }));

    expect(await findDocker(socket)).toBe(socket);
    await new Promise((resolve) => daemon.close(resolve));
    expect(await findDocker(socket)).toBeUndefined();
  });
});
