import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { packTree, unpack } from '../../lib/archive/index.ts';
import { Manifest } from '../../lib/domain/manifest/schema.ts';
import { zip } from '../archive/craft.ts';
import { treeOf } from '../archive/sandbox.ts';
import { AgentBench } from './agent.ts';
import { TICKET, TOKEN } from './claimed-job.ts';
import { sha256 } from './control-plane.ts';
import { DIST, SOURCE } from './upper-case.ts';

const bench = new AgentBench();

beforeAll(() => bench.build());

afterAll(() => bench[Symbol.dispose]());

/** A folder of this test's own, for what commands leave behind. */
const scratch = (): string => mkdtempSync(join(bench.root, 'scratch-'));

describe('a job that goes well', () => {
  test('builds, uploads and reports; twice gives the same digest', async () => {
    const scene = { source: SOURCE, spec: { commands: ['sh build.sh', 'echo built'], artifacts: DIST } };

    const first = await bench.run(scene);
    const second = await bench.run(scene);

    expect(first.output).toMatch(
      /==> claim[\s\S]*==> queue: attempt 1[\s\S]*==> fetch source[\s\S]*==> unpack[\s\S]*==> prepare[\s\S]*\$ sh build.sh\n[\s\S]*built\n {4}exit code 0 after [\s\S]*==> pack[\s\S]*==> upload 1 artifact\n.*==> done/,
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
