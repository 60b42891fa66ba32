import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, RUNS_OUT } from 'embedded-cloud/test-kit/patience.ts';
import { smallDisk } from 'embedded-cloud/test-kit/small-disk.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { packTree, unpack } from '../../lib/archive/index.ts';
import { Manifest } from '../../lib/domain/manifest/schema.ts';
import { tarGz, zip } from '../archive/craft.ts';
import { treeOf } from '../archive/sandbox.ts';
import { AgentBench } from './agent.ts';
import { ControlPlane, sha256, TICKET, TOKEN } from './control-plane.ts';

const bench = new AgentBench();
beforeAll(() => bench.build());
afterAll(() => bench[Symbol.dispose]());

/** A folder of this test's own, for what commands leave behind. */
const scratch = (): string => mkdtempSync(join(bench.root, 'scratch-'));

const SOURCE = tarGz(
  { name: 'package.json', content: '{}' },
  { name: 'src/in.txt', content: 'hello' },
  { name: 'build.sh', content: 'mkdir -p dist && tr a-z A-Z < src/in.txt > dist/out.txt', mode: 0o755 },
);
const DIST = [{ paths: ['dist/**'], root: 'dist', format: 'zip' as const }];

/** A process that was killed counts as running until its new parent has taken note, which a busy machine may delay. */
const gone = (pid: number) => eventually(() => expect(isRunning(pid)).toBe(false));

describe('a job that goes well', () => {
  test('builds, uploads and reports; twice gives the same digest', async () => {
    const scene = { source: SOURCE, spec: { commands: ['sh build.sh', 'echo built'], artifacts: DIST } };

    const first = await bench.run(scene);
    const second = await bench.run(scene);

    expect(first.output).toMatch(
      /==> claim[\s\S]*==> queue: attempt 1[\s\S]*==> fetch source[\s\S]*==> unpack[\s\S]*==> prepare[\s\S]*\$ sh build.sh\n[\s\S]*built\n {4}exit code 0 after [\s\S]*==> pack[\s\S]*==> upload 1 artifact[\s\S]{6}==> done/,
    );
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(first.plane.results).toEqual([
      { status: 'completed', artifact_ids: ['art_01JZX3V5N8Q2R4T6W8Y0A1B201'] },
    ]);
    expect(second.plane.announced).toEqual(first.plane.announced);
    const bytes = first.plane.stored.get('hello.zip') ?? Buffer.alloc(0);
    expect(first.plane.announced[0]).toEqual({
      name: 'hello.zip',
      sha256: sha256(bytes),
      size_bytes: bytes.length,
      content_type: 'application/zip',
    });
    await unpack(bytes, { format: 'zip', into: join(scratch(), 'into') });
  });

  test('says what it is at for longer than a moment, in the order of its phases, with progress that only grows', async () => {
    const { plane } = await bench.run({ source: SOURCE, spec: { commands: ['true', 'sleep 1'] } });

    const stages = plane.reports.map((report) => report.stage);
    const order = ['fetch source', 'unpack', 'prepare', 'command 1 of 2', 'command 2 of 2', 'pack', 'upload'];
    expect(stages).toEqual(order.filter((stage) => stages.includes(stage)));
    expect(stages).toContain('command 2 of 2');
    const progress = plane.reports.map((report) => report.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test('takes a zip whose tree is wrapped in one folder, and works in the context', async () => {
    const source = zip(
      { name: 'repo-1/app/in.txt', content: 'one' },
      { name: 'repo-1/other.txt', content: 'two' },
    );

    const { plane } = await bench.run({
      source,
      format: 'zip',
      strip: 1,
      spec: {
        context: 'app',
        commands: ['cat in.txt > out.txt'],
        artifacts: [{ paths: ['out.txt'], root: '.', format: 'file' }],
      },
    });

    expect(plane.result.status).toBe('completed');
    expect(plane.stored.get('out.txt')?.toString()).toBe('one');
  });

  test('names artifacts by service, name and format, and uploads at most three at a time', async () => {
    const artifacts = [
      { paths: ['**'], root: '.', format: 'zip' as const },
      { paths: ['src'], root: '.', format: 'zip' as const },
      { paths: ['**'], root: '.', format: 'tar.gz' as const, name: 'all' },
      { paths: ['src/*'], root: '.', format: 'file' as const },
      { paths: ['package.json'], root: '.', format: 'file' as const, name: 'meta' },
    ];

    const { plane } = await bench.run({ source: SOURCE, spec: { artifacts } });

    expect([...plane.stored.keys()].sort()).toEqual([
      'all.tar.gz',
      'hello-2.zip',
      'hello.zip',
      'in.txt',
      'meta.json',
    ]);
    expect(plane.result).toMatchObject({
      status: 'completed',
      artifact_ids: expect.objectContaining({ length: 5 }),
    });
    expect(plane.mostParallel).toBeLessThanOrEqual(3);
  });

  test('sends no bytes that the project has already', async () => {
    const spec = { artifacts: [{ paths: ['package.json'], root: '.', format: 'file' as const }] };

    const { plane } = await bench.run({ source: SOURCE, spec, known: [sha256(Buffer.from('{}'))] });

    expect(plane.requests).not.toContain('PUT /upload');
    expect(plane.result.status).toBe('completed');
  });

  test('tells where its output goes, under one claim id', async () => {
    const { plane } = await bench.run({ source: SOURCE }, { CODEBUILD_LOG_PATH: 'builds/0f0d' });

    expect(plane.claims).toEqual([
      { ticket: TICKET, claim_id: expect.any(String), log_stream: 'builds/0f0d' },
    ]);
  });

  test('shows commands nothing of its ticket, its token and the AWS credentials of the backend', async () => {
    const { output } = await bench.run(
      { source: SOURCE, spec: { commands: ['env | sort'], env: { GREETING: 'hi there' } } },
      {
        AWS_ACCESS_KEY_ID: 'AKIA',
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x',
        CODEBUILD_BUILD_ID: 'b',
        NODE_OPTIONS: '',
      },
    );

    const shown = output.slice(output.indexOf('$ env'), output.indexOf('==> pack'));
    expect(shown).toMatch(/CI=true\nGREETING=hi there\nHOME=.*staithe-job.*\/home\nLANG=C.UTF-8\n/);
    for (const secret of [TICKET, TOKEN, 'STAITHE_', 'AWS_', 'CODEBUILD_', 'NODE_OPTIONS'])
      expect(shown).not.toContain(secret);
  });

  test('leaves nothing on the disk', async () => {
    await bench.run({ source: SOURCE, spec: { commands: ['echo x > "$TMPDIR/x"; mkdir "$HOME/.cache"'] } });

    expect(readdirSync(bench.root).filter((name) => name.startsWith('staithe-job'))).toEqual([]);
  });
});

describe('the output of commands', () => {
  test('can be opened by its names, and its lines are in order, also from the background', async () => {
    const { output, exitCode } = await bench.run({
      source: SOURCE,
      spec: {
        commands: [
          'echo l1; echo l2 > /dev/stderr; echo l3 | tee /dev/stderr; echo l4 > /proc/self/fd/1; echo l5 >&2',
          '(echo l6 > /dev/stdout; sleep 0.2; echo l7 > /dev/stderr) & wait; test -p /dev/stdout && echo l8',
        ],
      },
    });

    expect(exitCode).toBe(0);
    expect(output.match(/^l\d$/gm)?.join(' ')).toBe('l1 l2 l3 l3 l4 l5 l6 l7 l8');
  });

  test('is no less for more commands than pipes are made at once', async () => {
    const commands = Array.from({ length: 40 }, (_, index) => `echo n${index}`);

    const { output } = await bench.run({ source: SOURCE, spec: { commands } });

    expect(output.match(/^n\d+$/gm)).toEqual(commands.map((command) => command.slice('echo '.length)));
  });
});

describe('a job that fails', () => {
  test('names the command, its exit code and its last lines, both outputs in order', async () => {
    const command =
      'for i in $(seq 40); do echo line $i; done; echo "\u001b[31mwrong\u001b[0m" >&2; exit 3; echo never';

    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      spec: { commands: ['true', command, 'echo never'] },
    });

    expect(exitCode).toBe(10);
    expect(plane.failure).toMatchObject({
      code: 'build_error',
      step: command,
      exit_code: 3,
      hint: expect.any(String),
    });
    expect(plane.failure.last_lines).toHaveLength(30);
    expect(plane.failure.last_lines?.slice(-2)).toEqual(['line 40', 'wrong']);
    expect(plane.announced).toEqual([]);
  });

  test('stops in a command of several steps at the first that fails', async () => {
    const { plane, output } = await bench.run({
      source: SOURCE,
      spec: { commands: ['false\necho went on'] },
    });

    expect(plane.failure).toMatchObject({ code: 'build_error', exit_code: 1 });
    expect(output.match(/went on/g)).toHaveLength(1); // the echo of the command itself
  });

  test.each([
    ['no-such-program', 127, /not found/],
    ['touch plain && ./plain', 126, /not executable/],
  ])('hints at what %s means', async (command, exitCode, hint) => {
    const { plane } = await bench.run({ source: SOURCE, spec: { commands: [command] } });

    expect(plane.failure).toMatchObject({
      code: 'build_error',
      exit_code: exitCode,
      hint: expect.stringMatching(hint),
    });
  });

  test.each([
    ['a full disk', 'echo "write: No space left on device"; exit 1', 'resource_error'],
    ['spent memory', 'echo "FATAL ERROR: JavaScript heap out of memory"; exit 134', 'resource_error'],
    ['a kill by the kernel', 'echo Killed; kill -9 $$', 'resource_error'],
    ['a kill without a sign of why', 'kill -9 $$', 'build_error'],
  ])('knows %s', async (_, command, code) => {
    const { plane } = await bench.run({ source: SOURCE, spec: { commands: [command] } });

    expect(plane.failure.code).toBe(code);
  });

  test('ends before the disk is full, says so, and leaves nothing on it', needs('small disks'), async () => {
    await using disk = await smallDisk(96);

    const { plane, exitCode } = await bench.run(
      { source: SOURCE, spec: { commands: ['head -c 95M /dev/zero > big; sleep 300'] } },
      { TMPDIR: disk.folder },
    );

    expect(exitCode).toBe(10);
    expect(plane.failure).toMatchObject({
      code: 'resource_error',
      message: expect.stringMatching(/before the disk was full: .* of 96/),
    });
    expect(readdirSync(disk.folder)).toEqual([]);
  });

  test('ends at its timeout with all that it started, and names the step', async () => {
    const pids = join(scratch(), 'pids');
    const command = `trap "" TERM; sleep 300 & echo $! $$ > ${pids}; echo waiting; wait; sleep 300`;

    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      spec: { commands: [command], timeout_seconds: RUNS_OUT },
    });

    expect(exitCode).toBe(10);
    expect(plane.failure).toMatchObject({ code: 'timeout_error', step: command, last_lines: ['waiting'] });
    for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) await gone(Number(pid));
  });

  test('gives commands time to clean up when their time is over', async () => {
    const cleaned = join(scratch(), 'cleaned');
    const command = `trap 'echo yes > ${cleaned}; exit 1' TERM; while :; do sleep 0.05; done`;

    const { plane } = await bench.run({
      source: SOURCE,
      spec: { commands: [command], timeout_seconds: RUNS_OUT },
    });

    expect(plane.failure.code).toBe('timeout_error');
    expect(readFileSync(cleaned, 'utf8')).toBe('yes\n');
  });

  test('ends at its timeout when storage never answers', async () => {
    const { plane } = await bench.run({
      source: SOURCE,
      spec: { timeout_seconds: 1 },
      fault: (request) => (request === 'GET /source' ? 503 : undefined),
    });

    expect(plane.failure).toMatchObject({ code: 'timeout_error', step: 'fetch source' });
  });

  test('kills what commands left in the background, after the last one', async () => {
    const pidFile = join(scratch(), 'pid');
    const commands = [`sleep 300 & echo $! > ${pidFile}`, `kill -0 $(cat ${pidFile}) && echo served`];

    const { plane, output } = await bench.run({ source: SOURCE, spec: { commands } });

    expect(plane.result.status).toBe('completed');
    expect(output).toContain('\nserved\n');
    await gone(Number(readFileSync(pidFile, 'utf8')));
  });

  test('says what is there instead, when nothing matches the artifacts', async () => {
    const { plane } = await bench.run({
      source: SOURCE,
      spec: { commands: ['mkdir build && echo x > build/out.txt'], artifacts: DIST },
    });

    expect(plane.failure).toMatchObject({ code: 'zero_artifacts', step: 'pack' });
    expect(plane.failure.message).toContain("'dist/**' matches no file ('dist' does not exist)");
    expect(plane.failure.hint).toContain("Did you mean 'build/**'?");
    expect(plane.failure.hint).toContain('staithe.yaml');
  });

  test('lists the folder, and knows globs that forgot the root', async () => {
    const { plane } = await bench.run({
      source: SOURCE,
      spec: { artifacts: [{ paths: ['*.mjs'], root: 'src', format: 'zip' }] },
    });

    expect(plane.failure.hint).toMatch(/has: build.sh, package.json, src\/\..*did you mean 'src\/\*\.mjs'/);
  });

  test('refuses a context that is not in the source', async () => {
    const { plane } = await bench.run({ source: SOURCE, spec: { context: 'app' } });

    expect(plane.failure).toMatchObject({
      code: 'manifest_error',
      message: "The context 'app' is not a folder of the source.",
    });
    expect(plane.failure.hint).toContain('src/');
  });

  test.each([
    ['path_outside', tarGz({ name: '../x' }), "'..'"],
    ['link_outside', tarGz({ name: 'a', type: '2', linkName: '/etc' }), "The link 'a' leads to '/etc'"],
    ['unsupported_entry', tarGz({ name: 'a', type: '3' }), 'a character device'],
    ['collision', tarGz({ name: 'a' }, { name: 'a/b' }), "'a' is in the archive as a file and as a folder"],
    ['too_large', tarGz({ name: 'a', size: 2 ** 31 }), "'a' has more than 1024 MiB"],
    ['ratio', tarGz({ name: 'a', content: Buffer.alloc(12 * 1024 * 1024) }), 'decompression bombs'],
    ['not_an_archive', Buffer.from('hello'), 'not a gzip file'],
  ])('tells what is wrong with a source: %s', async (_, source, message) => {
    const { plane, exitCode } = await bench.run({ source, spec: { commands: ['echo never'] } });

    expect(exitCode).toBe(10);
    expect(plane.failure).toMatchObject({
      code: 'source_error',
      step: 'unpack',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['digest', { sha256: '0'.repeat(64) }],
    ['length', { size_bytes: 10 }],
    ['length', { size_bytes: 10_000 }],
  ])('never unpacks a source of another %s', async (_, announced) => {
    const { plane, output } = await bench.run({ source: SOURCE, announced, spec: { timeout_seconds: 50 } });

    expect(plane.failure.code).toBe('source_error');
    expect(output).not.toContain('==> unpack');
  });

  test('never packs a link that leads out of the tree', async () => {
    const { plane } = await bench.run({
      source: SOURCE,
      spec: { commands: ['mkdir dist && ln -s /etc/passwd dist/x'], artifacts: DIST },
    });

    expect(plane.failure).toMatchObject({
      code: 'build_error',
      step: 'pack',
      message: expect.stringContaining('/etc/passwd'),
    });
  });
});

describe('a flood of output', () => {
  test.each([
    ['100 MB of lines', 'yes 0123456789abcdef | head -c 100000000; exit 1', 100e6],
    ['a line of 50 MB', 'head -c 50000000 /dev/zero | tr "\\0" x; exit 1', 50e6],
  ])('%s passes through and takes no memory', async (_, command, bytes) => {
    const { plane, outputBytes, peakMb } = await bench.run({ source: SOURCE, spec: { commands: [command] } });

    expect(plane.failure).toMatchObject({ code: 'build_error', exit_code: 1 });
    expect(JSON.stringify(plane.failure.last_lines).length).toBeLessThan(70_000);
    expect(outputBytes).toBeGreaterThan(bytes);
    expect(peakMb).toBeLessThan(200);
  });
});

describe('the way to the control plane', () => {
  test('503s, dropped connections and lost answers are made good', async () => {
    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      fault: (_, count) => (count === 1 ? 503 : count === 2 ? 'drop' : undefined),
    });

    expect(exitCode).toBe(0);
    expect(plane.result.status).toBe('completed');
    expect(plane.stored.size).toBe(1);
    for (const request of ['POST /v1/jobs/claim', 'GET /source', 'PUT /upload', 'POST /v1/jobs/result'])
      expect(plane.requests.filter((one) => one === request).length).toBeGreaterThanOrEqual(3);
  });

  test('a claim whose answer was lost is repeated with the same claim id', async () => {
    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      fault: (request, count) => (request === 'POST /v1/jobs/claim' && count === 1 ? 'lose' : undefined),
    });

    expect(exitCode).toBe(0);
    expect(plane.claims).toHaveLength(2);
    expect(new Set(plane.claims.map((claim) => claim.claim_id)).size).toBe(1);
  });

  test('an expired source URL is replaced by claiming again', async () => {
    const { plane } = await bench.run({
      source: SOURCE,
      fault: (request, count) => (request === 'GET /source' && count === 1 ? 403 : undefined),
    });

    expect(plane.claims).toHaveLength(2);
    expect(plane.result.status).toBe('completed');
  });

  test('a result whose answer was lost is reported again', async () => {
    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      fault: (request, count) => (request === 'POST /v1/jobs/result' && count === 1 ? 'lose' : undefined),
    });

    expect(exitCode).toBe(0);
    expect(plane.results).toHaveLength(2);
    expect(plane.results[1]).toEqual(plane.results[0]);
  });

  test('a refused ticket ends it with exit code 3, and nothing was done', async () => {
    const { plane, exitCode, output } = await bench.run({ source: SOURCE, refuseTicket: true });

    expect(exitCode).toBe(3);
    expect(output).toContain('Rerun the build');
    expect(plane.requests).toEqual(['POST /v1/jobs/claim']);
  });

  test('an environment that is not complete ends it with exit code 2', async () => {
    const { exitCode, output } = await bench.run({ source: SOURCE }, { STAITHE_JOB_TICKET: '' });

    expect(exitCode).toBe(2);
    expect(output).toContain('STAITHE_JOB_TICKET');
  });

  test('a cancelled run stops the command and all that it started, with exit code 4', async () => {
    const pids = join(scratch(), 'pids');
    const command = `sleep 300 & echo $! $$ > ${pids}; wait`;
    await using plane = await ControlPlane.start({
      source: SOURCE,
      spec: { commands: [command] },
      cancelAt: (report) => report.stage === 'command 1 of 1' && existsSync(pids),
    });

    const { exitCode } = await bench.start(plane).ended;

    expect(exitCode).toBe(4);
    expect(plane.results).toEqual([]);
    for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) await gone(Number(pid));
  });

  test('a job that the API no longer knows stops in the same way', async () => {
    const { exitCode, plane } = await bench.run({
      source: SOURCE,
      spec: { commands: ['sleep 300'] },
      fault: (request) => (request === 'POST /v1/jobs/progress' ? { problem: 'wrong_state' } : undefined),
    });

    expect(exitCode).toBe(4);
    expect(plane.results).toEqual([]);
  });

  test('a backend that ends the agent ends its commands too', async () => {
    const pidFile = join(scratch(), 'pid');
    await using plane = await ControlPlane.start({
      source: SOURCE,
      spec: { commands: [`echo $$ > ${pidFile}; exec sleep 300`] },
    });
    const agent = bench.start(plane);
    await eventually(() => expect(readFileSync(pidFile, 'utf8')).toMatch(/\d+\n/));

    agent.child.kill('SIGTERM');
    const { exitCode } = await agent.ended;

    expect(exitCode).toBe(143);
    await eventually(() => expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false));
  });
});

describe('the example hello-function', () => {
  test('builds by its own manifest to the same digest on every run, and its handler answers', async () => {
    const example = new URL('../../examples/hello-function', import.meta.url).pathname;
    const folder = scratch();
    await packTree(example, { out: join(folder, 'source.tar.gz') });
    const manifest = Manifest.parse(parseYaml(readFileSync(join(example, 'staithe.yaml'), 'utf8')));
    const { commands = [], artifacts = [] } = manifest.services.hello ?? {};
    const scene = { source: readFileSync(join(folder, 'source.tar.gz')), spec: { commands, artifacts } };

    const first = await bench.run(scene);
    const second = await bench.run(scene);

    expect(first.plane.result.status).toBe('completed');
    expect(second.plane.announced).toEqual(first.plane.announced);
    const into = join(folder, 'unpacked');
    await unpack(first.plane.stored.get('hello.zip') ?? '', { format: 'zip', into });
    expect(Object.keys(treeOf(into))).toEqual(['index.mjs']);
    const { handler } = await import(join(into, 'index.mjs'));
    expect(await handler({ rawPath: '/health' })).toMatchObject({ statusCode: 200 });
  });
});

/** Zombies do not run: a container's first process may leave them. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
