import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../lib/agent/exit.ts';
import { PASSWORD, startDistribution } from '../../aws/distribution.ts';
import { IMAGE_ID, TIME } from '../claimed-job.ts';
import { ControlPlane } from '../control-plane.ts';
import { runTwice } from '../twice.ts';
import { imagesOf } from './docker-daemon.ts';
import { BUILDERS, Images, isRunningWith, NO_DOCKER, namesIn, OWN_TAG, scene } from './images.ts';
import { busybox, DATED, FAILING, imageSource, TWO_STAGES } from './tree.ts';

let images: Images;
beforeAll(async () => {
  images = await Images.start();
});
afterAll(() => images[Symbol.asyncDispose]());

for (const { name, said, environment, tools } of BUILDERS)
  describe(`an image built with ${name}`, needs(...tools), () => {
    const env = () => environment(images);

    test('goes to the registry under its tags, and is recorded by the digest of the registry’s bytes', async () => {
      const repository = images.newRepository();
      const image = { tags: ['v1.2.0', 'sha-0f0d3c1'], build_args: { GREETING: "it's me" } };

      const { plane, output, exitCode } = await images.agents.run(
        scene(image, { registry: images.tokenFor(repository) }),
        env(),
      );

      expect(exitCode, output).toBe(0);
      expect(plane.result, output).toEqual({ status: 'completed', artifact_ids: [IMAGE_ID] });
      const digest = await images.digestUnder(repository, 'v1.2.0');
      expect(plane.images).toEqual([{ digest, tags: ['v1.2.0', 'sha-0f0d3c1'] }]);
      expect(await images.digestUnder(repository, 'sha-0f0d3c1')).toBe(digest);
      expect(output).toMatch(said);
      expect(output).toMatch(/==> build image\n[\s\S]*said it's me[\s\S]*==> pack\n==> push image\n/);
    });

    test('leaves its credential and its name nowhere, also when it was not pushed', async () => {
      const place = env();

      const { output } = await images.agents.run(
        scene({}, { registry: images.tokenFor(images.newRepository()) }),
        place,
      );
      await images.agents.run(scene({}), place);

      expect(output).not.toContain(PASSWORD);
      expect(readdirSync(images.agents.root).filter((entry) => entry.startsWith('staithe-login-'))).toEqual(
        [],
      );
      if (place.DOCKER_HOST !== NO_DOCKER)
        expect(imagesOf(place.DOCKER_HOST).filter((image) => !image.startsWith('<none>'))).toEqual([]);
    });

    test('gets a tag of its own when the tag that it was to have belongs to another image', async () => {
      const registryOf = { registry: images.tokenFor(images.newRepository()) };
      const first = await images.agents.run(scene({ build_args: { GREETING: 'first' } }, registryOf), env());
      const tags = ['v1', 'sha-1111111'];

      const second = await images.agents.run(
        scene({ tags, build_args: { GREETING: 'second' } }, registryOf),
        env(),
      );

      const [stays] = first.plane.images;
      const [recorded] = second.plane.images;
      expect(recorded?.tags, second.output).toEqual([OWN_TAG, 'sha-1111111']);
      expect(recorded?.digest).not.toBe(stays?.digest);
      expect(await images.digestUnder(registryOf.registry.repository, 'v1')).toBe(stays?.digest);
      expect(await images.digestUnder(registryOf.registry.repository, OWN_TAG)).toBe(recorded?.digest);
      expect(second.output).toContain(`v1 stays with the first image (${stays?.digest})`);
    });

    test('takes the tag local from the image that had it', async () => {
      const registryOf = { registry: images.tokenFor(images.newRepository()) };
      const tags = ['local'];
      await images.agents.run(scene({ tags, build_args: { GREETING: 'first' } }, registryOf), env());

      const { plane } = await images.agents.run(
        scene({ tags, build_args: { GREETING: 'second' } }, registryOf),
        env(),
      );

      expect(plane.images[0]?.tags).toEqual(['local']);
      expect(await images.digestUnder(registryOf.registry.repository, 'local')).toBe(plane.images[0]?.digest);
    });

    test('is kept as a file when it is not to be pushed, beside the files that its service leaves', async () => {
      const artifacts = [{ paths: ['notes.txt'], root: '.', format: 'file' as const }];
      const source = imageSource(TWO_STAGES, { 'notes.txt': 'read me' });

      const { plane, output } = await images.agents.run(
        scene({ push: false }, { source, spec: { artifacts } }),
        env(),
      );

      expect(plane.requests).not.toContain('POST /v1/jobs/registry-token');
      expect([...plane.stored.keys()].sort(), output).toEqual(['hello.image.tar', 'notes.txt']);
      expect(namesIn(plane.stored.get('hello.image.tar'))).toContain(
        name === 'buildah' ? 'oci-layout' : 'manifest.json',
      );
    });

    test('of the same source is the same file and digest later, or the log says that it may not be', async () => {
      const files = [
        { name: 'Dockerfile', content: DATED },
        { name: 'busybox', content: busybox(), mode: 0o755 },
        { name: 'page/index.html', content: 'hello' },
      ];
      const commands = ['echo made > page/made.html'];
      const image = { dockerfile: 'Dockerfile', push: false, tags: ['v1'], build_args: {} };

      const both = await runTwice(images.agents, files, { spec: { commands, artifacts: [], image } }, env);

      const [first, second] = both.map(({ plane, output }) => plane.announced[0]?.sha256 ?? output);
      expect(both[0].output).toContain(`epoch ${TIME}`);
      if (!both[0].output.includes('the digest may differ')) expect(second, both[1].output).toBe(first);
    });

    test('is built of what the commands have left, and takes nothing of what they left running', async () => {
      const scratch = mkdtempSync(join(images.agents.root, 'scratch-'));
      const commands = [
        "printf 'FROM scratch\\nCOPY made.txt /\\n' > Made.Dockerfile; echo made > made.txt",
        `(while :; do cp -r ${images.agents.root}/staithe-login-* ${scratch} 2>/dev/null || :; done) &`,
      ];
      const repository = images.newRepository();
      const made = scene(
        { dockerfile: 'Made.Dockerfile' },
        { registry: images.tokenFor(repository), spec: { commands } },
      );

      const { plane, output } = await images.agents.run(made, env());

      expect(plane.result.status, output).toBe('completed');
      expect(await images.digestUnder(repository, 'v1')).toBe(plane.images[0]?.digest);
      expect(readdirSync(scratch)).toEqual([]);
    });

    test('that cannot be built fails at the instruction that failed', async () => {
      const { plane, output } = await images.agents.run(scene({}, { source: imageSource(FAILING) }), env());

      expect(plane.failure, output).toMatchObject({
        code: 'build_error',
        step: 'build image',
        stage: expect.stringMatching(/^\[build \d\/\d\] RUN \["\/bin\/busybox".*exit 7"\]$/),
        message: expect.stringMatching(/exit code \d.*RUN/),
      });
      expect(plane.failure.last_lines?.join('\n')).toMatch(/about to fail|exit 7/);
      expect(plane.requests).not.toContain('POST /v1/jobs/registry-token');
    });

    test('is given up when the backend ends the job: nothing of the build goes on', async () => {
      const seconds = `${100_000 + Number(process.hrtime.bigint() % 100_000n)}`;
      const sleeping = FAILING.replace('"sh", "-c", "echo about to fail; exit 7"', `"sleep", "${seconds}"`);
      await using plane = await ControlPlane.start(scene({}, { source: imageSource(sleeping) }));

      const agent = images.agents.start(plane, env());
      await eventually(() => expect(isRunningWith('sleep', seconds)).toBe(true));
      agent.child.kill('SIGTERM');
      const { exitCode } = await agent.ended;

      expect(exitCode).toBe(EXIT.interrupted);
      expect(plane.results).toEqual([]);
      await eventually(() => expect(isRunningWith('sleep', seconds)).toBe(false));
    });

    test('is an auth_error with the way out when the registry refuses the credential', async () => {
      const refused = images.tokenFor(images.newRepository(), { password: 'an old password' });

      const { plane, output } = await images.agents.run(scene({}, { registry: refused }), env());

      expect(plane.failure, output).toMatchObject({
        code: 'auth_error',
        step: 'push image',
        message: expect.stringMatching(/refuses to let this job push to acme\/web-\d+: 401/),
        hint: refused.remedy,
      });
      expect(plane.images).toEqual([]);
      expect(output).not.toContain('an old password');
    });

    test('is an auth_error when the credential may read and not push', async () => {
      const denied = { errors: [{ code: 'DENIED', message: 'you may only read here' }] };
      const server = createServer(({ method, url }, response) => {
        const status = method === 'POST' ? 403 : url === '/v2/' ? 200 : 404;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(denied));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

      const readOnly = scene({}, { registry: images.tokenFor(images.newRepository(), { registry: host }) });
      const { plane, output } = await images.agents.run(readOnly, env());
      server.closeAllConnections();
      server.close();

      expect(plane.failure, output).toMatchObject({
        code: 'auth_error',
        message: expect.stringContaining('403 ("you may only read here")'),
      });
    });

    test('is a registry_error when nobody answers at the registry', async () => {
      const away = await startDistribution();
      await away[Symbol.asyncDispose]();

      const { plane, output } = await images.agents.run(
        scene({}, { registry: images.tokenFor(images.newRepository(), { registry: away.host }) }),
        env(),
      );

      expect(plane.failure, output).toMatchObject({
        code: 'registry_error',
        step: 'push image',
        message: expect.stringContaining(`${away.host} does not answer`),
      });
    });
  });

describe('a service that should be an image', () => {
  test('is built once the daemon of the machine has started', needs('docker', 'busybox'), async () => {
    const folder = mkdtempSync(join(images.agents.root, 'machine-'));
    const [program, socket] = [join(folder, 'docker'), join(folder, 'docker.sock')];
    symlinkSync(spawnSync('which', ['docker'], { encoding: 'utf8' }).stdout.trim(), program);
    await using plane = await ControlPlane.start(scene({ push: false }));

    const agent = images.agents.start(plane, { PATH: folder, DOCKER_HOST: `unix://${socket}` });
    await eventually(() => expect(agent.output()).toContain('==> build image'));
    symlinkSync((images.docker?.host ?? NO_DOCKER).replace('unix://', ''), socket);
    const { output } = await agent.ended;

    expect(plane.result.status, output).toBe('completed');
  });
});
