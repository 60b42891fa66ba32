import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNS_OUT } from 'embedded-cloud/test-kit/patience.ts';
import { smallDisk } from 'embedded-cloud/test-kit/small-disk.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarGz } from '../archive/craft.ts';
import { AgentBench } from './agent.ts';
import { DIST, gone, SOURCE } from './upper-case.ts';

const bench = new AgentBench();

beforeAll(() => bench.build());

afterAll(() => bench[Symbol.dispose]());

/** A folder of this test's own, for what commands leave behind. */
const scratch = (): string => mkdtempSync(join(bench.root, 'scratch-'));

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
      message: expect.stringMatching(/because the disk was almost full: .* of 96/),
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
