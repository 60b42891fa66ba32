import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { has, needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../lib/agent/exit.ts';
import { MANIFEST_TYPES } from '../../../lib/agent/image/manifest.ts';
import type { ImageSpec } from '../../../lib/domain/execution/model/job.ts';
import type { RegistryToken } from '../../../lib/domain/image/schema.ts';
import { tarGz } from '../../archive/craft.ts';
import { type DistributionRegistry, PASSWORD, startDistribution, USERNAME } from '../../aws/distribution.ts';
import { AgentBench } from '../agent.ts';
import { ControlPlane, IMAGE_ID, JOB_ID, type Scene, TIME } from '../control-plane.ts';
import { runTwice } from '../twice.ts';
import { type DockerDaemon, imagesOf, startDocker } from './docker-daemon.ts';
import { busybox, DATED, FAILING, imageSource, TWO_STAGES } from './tree.ts';

const NO_DOCKER = 'unix:///nonexistent/docker.sock';
const OWN_TAG = JOB_ID.toLowerCase().replace('_', '-');

const bench = new AgentBench();
let registry: DistributionRegistry | undefined;
let docker: DockerDaemon | undefined;
beforeAll(async () => {
  [registry, docker] = await Promise.all([
    has('docker-registry') ? startDistribution() : undefined,
    has('docker') ? startDocker() : undefined,
    bench.build(),
  ]);
});
afterAll(async () => {
  await docker?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
  bench[Symbol.dispose]();
});

/** buildah with a store of this test's own. */
function buildahOnly(): Record<string, string> {
  const folder = mkdtempSync(join(bench.root, 'containers-'));
  const file = join(folder, 'storage.conf');
  const store = `driver = "vfs"\ngraphroot = "${folder}/root"\nrunroot = "${folder}/run"\n`;
  writeFileSync(file, `[storage]\n${store}`);
  return { DOCKER_HOST: NO_DOCKER, CONTAINERS_STORAGE_CONF: file };
}

const ALWAYS = ['docker-registry', 'busybox'] as const;
const BUILDERS = [
  // Which of Docker's builders it is, the machine decides.
  {
    name: 'Docker',
    said: /with docker build(x)?: /,
    env: () => ({ DOCKER_HOST: docker?.host ?? NO_DOCKER }),
    options: needs('docker', ...ALWAYS),
  },
  { name: 'buildah', said: /with buildah: /, env: buildahOnly, options: needs('buildah', ...ALWAYS) },
];

/** Where images go. Without docker-registry those tests are left that push nothing. */
const registryHost = (): string => registry?.host ?? '127.0.0.1:1';

let repositories = 0;
/** A repository that no other test pushes to. */
const newRepository = (): string => `acme/web-${++repositories}`;

function tokenFor(repository: string, more: Partial<RegistryToken> = {}): RegistryToken {
  return {
    registry: registryHost(),
    repository,
    username: USERNAME,
    password: PASSWORD,
    expires_at: '2100-01-01T00:00:00.000Z',
    insecure: true,
    remedy: 'Set the secrets again: staithe secret set REGISTRY_PASSWORD.',
    ...more,
  };
}

function scene(image: Partial<ImageSpec>, more: Partial<Scene> = {}): Scene {
  const spec = { dockerfile: 'Dockerfile', push: true, tags: ['v1'], build_args: {}, ...image };
  const source = more.source ?? imageSource(TWO_STAGES);
  return { ...more, source, spec: { artifacts: [], ...more.spec, image: spec } };
}

/** What the registry has under a tag, by its bytes. */
async function digestUnder(repository: string, tag: string): Promise<string | undefined> {
  const authorization = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;
  const url = `http://${registryHost()}/v2/${repository}/manifests/${tag}`;
  const answer = await fetch(url, { headers: { authorization, accept: MANIFEST_TYPES } });
  if (answer.status === 404) return undefined;
  const bytes = Buffer.from(await answer.arrayBuffer());
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

for (const { name, said, env, options } of BUILDERS)
  describe(`an image built with ${name}`, options, () => {
    test('goes to the registry under its tags, and is recorded by the digest of the registry’s bytes', async () => {
      const repository = newRepository();
      const image = { tags: ['v1.2.0', 'sha-0f0d3c1'], build_args: { GREETING: "it's me" } };

      const { plane, output, exitCode } = await bench.run(
        scene(image, { registry: tokenFor(repository) }),
        env(),
      );

      expect(exitCode, output).toBe(0);
      expect(plane.result, output).toEqual({ status: 'completed', artifact_ids: [IMAGE_ID] });
      const digest = await digestUnder(repository, 'v1.2.0');
      expect(plane.images).toEqual([{ digest, tags: ['v1.2.0', 'sha-0f0d3c1'] }]);
      expect(await digestUnder(repository, 'sha-0f0d3c1')).toBe(digest);
      expect(output).toMatch(said);
      expect(output).toMatch(/==> build image\n[\s\S]*said it's me[\s\S]*==> pack\n==> push image\n/);
    });

    test('leaves its credential and its name nowhere, also when it was not pushed', async () => {
      const place = env();

      const { output } = await bench.run(scene({}, { registry: tokenFor(newRepository()) }), place);
      await bench.run(scene({}), place);

      expect(output).not.toContain(PASSWORD);
      expect(readdirSync(bench.root).filter((entry) => entry.startsWith('staithe-login-'))).toEqual([]);
      if (place.DOCKER_HOST !== NO_DOCKER)
        expect(imagesOf(place.DOCKER_HOST).filter((image) => !image.startsWith('<none>'))).toEqual([]);
    });

    test('gets a tag of its own when the tag that it was to have belongs to another image', async () => {
      const registryOf = { registry: tokenFor(newRepository()) };
      const first = await bench.run(scene({ build_args: { GREETING: 'first' } }, registryOf), env());
      const tags = ['v1', 'sha-1111111'];

      const second = await bench.run(scene({ tags, build_args: { GREETING: 'second' } }, registryOf), env());

      const [stays] = first.plane.images;
      const [recorded] = second.plane.images;
      expect(recorded?.tags, second.output).toEqual([OWN_TAG, 'sha-1111111']);
      expect(recorded?.digest).not.toBe(stays?.digest);
      expect(await digestUnder(registryOf.registry.repository, 'v1')).toBe(stays?.digest);
      expect(await digestUnder(registryOf.registry.repository, OWN_TAG)).toBe(recorded?.digest);
      expect(second.output).toContain(`v1 stays with the image that had it first (${stays?.digest})`);
    });

    test('takes the tag local from the image that had it', async () => {
      const registryOf = { registry: tokenFor(newRepository()) };
      const tags = ['local'];
      await bench.run(scene({ tags, build_args: { GREETING: 'first' } }, registryOf), env());

      const { plane } = await bench.run(
        scene({ tags, build_args: { GREETING: 'second' } }, registryOf),
        env(),
      );

      expect(plane.images[0]?.tags).toEqual(['local']);
      expect(await digestUnder(registryOf.registry.repository, 'local')).toBe(plane.images[0]?.digest);
    });

    test('is kept as a file when it is not to be pushed, beside the files that its service leaves', async () => {
      const artifacts = [{ paths: ['notes.txt'], root: '.', format: 'file' as const }];
      const source = imageSource(TWO_STAGES, { 'notes.txt': 'read me' });

      const { plane, output } = await bench.run(
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

      const both = await runTwice(bench, files, { spec: { commands, artifacts: [], image } }, env);

      const [first, second] = both.map(({ plane, output }) => plane.announced[0]?.sha256 ?? output);
      expect(both[0].output).toContain(`epoch ${TIME}`);
      if (!both[0].output.includes('the digest may differ')) expect(second, both[1].output).toBe(first);
    });

    test('is built of what the commands have left, and takes nothing of what they left running', async () => {
      const scratch = mkdtempSync(join(bench.root, 'scratch-'));
      const commands = [
        "printf 'FROM scratch\\nCOPY made.txt /\\n' > Made.Dockerfile; echo made > made.txt",
        `(while :; do cp -r ${bench.root}/staithe-login-* ${scratch} 2>/dev/null || :; done) &`,
      ];
      const repository = newRepository();
      const made = scene(
        { dockerfile: 'Made.Dockerfile' },
        { registry: tokenFor(repository), spec: { commands } },
      );

      const { plane, output } = await bench.run(made, env());

      expect(plane.result.status, output).toBe('completed');
      expect(await digestUnder(repository, 'v1')).toBe(plane.images[0]?.digest);
      expect(readdirSync(scratch)).toEqual([]);
    });

    test('that cannot be built fails at the instruction that failed', async () => {
      const { plane, output } = await bench.run(scene({}, { source: imageSource(FAILING) }), env());

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

      const agent = bench.start(plane, env());
      await eventually(() => expect(isRunning('sleep', seconds)).toBe(true));
      agent.child.kill('SIGTERM');
      const { exitCode } = await agent.ended;

      expect(exitCode).toBe(EXIT.interrupted);
      expect(plane.results).toEqual([]);
      await eventually(() => expect(isRunning('sleep', seconds)).toBe(false));
    });

    test('is an auth_error with the way out when the registry refuses the credential', async () => {
      const refused = tokenFor(newRepository(), { password: 'an old password' });

      const { plane, output } = await bench.run(scene({}, { registry: refused }), env());

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

      const readOnly = scene({}, { registry: tokenFor(newRepository(), { registry: host }) });
      const { plane, output } = await bench.run(readOnly, env());
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

      const { plane, output } = await bench.run(
        scene({}, { registry: tokenFor(newRepository(), { registry: away.host }) }),
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
  test('without its Dockerfile fails and says what the context has', async () => {
    const source = tarGz(
      { name: 'apps/api/Dockerfile', content: 'FROM scratch' },
      { name: 'apps/api/main.go', content: 'package main' },
    );
    const spec = { context: 'apps/api' };

    const { plane } = await bench.run(scene({ dockerfile: 'apps/api/Dockerfile' }, { source, spec }));

    expect(plane.failure).toMatchObject({
      code: 'zero_artifacts',
      message:
        "The build of hello left no image: its context 'apps/api' has no Dockerfile 'apps/api/Dockerfile'.",
      hint: expect.stringMatching(
        /with context 'apps\/api', write dockerfile: Dockerfile\. The context has: Dockerfile, main\.go\./,
      ),
    });
  });

  test('on a machine without builders fails with each one that was tried and what it said', async () => {
    const source = tarGz({ name: 'Dockerfile', content: 'FROM scratch' });

    const { plane } = await bench.run(scene({}, { source }), { PATH: '/nonexistent' });

    expect(plane.failure).toMatchObject({
      code: 'build_error',
      message:
        'Nothing on this machine can build a container image. Tried were docker buildx (not installed), docker build (not installed), buildah (not installed).',
      hint: expect.stringContaining('privileged'),
    });
  });

  test('is built once the daemon of the machine has started', needs('docker', 'busybox'), async () => {
    const folder = mkdtempSync(join(bench.root, 'machine-'));
    const [program, socket] = [join(folder, 'docker'), join(folder, 'docker.sock')];
    symlinkSync(spawnSync('which', ['docker'], { encoding: 'utf8' }).stdout.trim(), program);
    await using plane = await ControlPlane.start(scene({ push: false }));

    const agent = bench.start(plane, { PATH: folder, DOCKER_HOST: `unix://${socket}` });
    await eventually(() => expect(agent.output()).toContain('==> build image'));
    symlinkSync((docker?.host ?? NO_DOCKER).replace('unix://', ''), socket);
    const { output } = await agent.ended;

    expect(plane.result.status, output).toBe('completed');
  });

  test(
    'whose registry the control plane cannot open fails as it says',
    needs('buildah', 'busybox'),
    async () => {
      const fault = (request: string) =>
        request === 'POST /v1/jobs/registry-token'
          ? ({ problem: 'registry_credential_missing' } as const)
          : undefined;

      const { plane } = await bench.run(scene({}, { fault }), buildahOnly());

      expect(plane.failure).toMatchObject({ code: 'auth_error', step: 'push image' });
      expect(plane.failure.hint).toContain('staithe secret set');
    },
  );
});

/** Whether a process with just these arguments runs on this machine, in a container or not. */
function isRunning(...args: string[]): boolean {
  return readdirSync('/proc').some((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').endsWith(`${args.join('\0')}\0`);
    } catch {
      return false;
    }
  });
}

/** The names of the entries of a tar. */
function namesIn(tar: Buffer | undefined): string[] {
  const { stdout } = spawnSync('tar', ['-t'], { input: tar });
  return stdout.toString().split('\n');
}

describe('a short name of an image', needs('buildah', ...ALWAYS), () => {
  test('is one of Docker Hub, with the mirrors that the machine has for it', async () => {
    const env = buildahOnly();
    const ref = `docker://${registryHost()}/library/base:1`;
    const context = mkdtempSync(join(bench.root, 'base-'));
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /from-the-mirror\n');
    const buildah = (...args: string[]) =>
      spawnSync('buildah', args, { env: { ...process.env, ...env }, encoding: 'utf8' });
    buildah('build', '--isolation', 'chroot', '--tag', 'localhost/base', context);
    const login = ['--creds', `${USERNAME}:${PASSWORD}`, '--tls-verify=false'];
    expect(buildah('push', ...login, 'localhost/base', ref).stderr).toContain('Writing manifest');
    buildah('rmi', 'localhost/base');
    const auth = Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64');
    const mirror = `[[registry]]\nprefix = "docker.io"\nlocation = "${registryHost()}"\ninsecure = true\n`;
    const files = {
      'mirror.conf': mirror,
      'config.json': JSON.stringify({ auths: { [registryHost()]: { auth } } }),
    };
    const commands = [
      'mv mirror.conf ~/.config/containers/registries.conf.d/; mkdir ~/.docker; mv config.json ~/.docker',
    ];

    const { plane, output } = await bench.run(
      {
        ...scene({ push: false }, { source: imageSource('FROM base:1\nCOPY busybox /busybox\n', files) }),
        spec: {
          commands,
          artifacts: [],
          image: { dockerfile: 'Dockerfile', push: false, tags: ['v1'], build_args: {} },
        },
      },
      env,
    );

    expect(output).toContain('docker.io/library/base:1');
    expect(plane.result.status, output).toBe('completed');
  });
});
