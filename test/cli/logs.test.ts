/** Claims on printing logs. */
import { expect, test } from 'vitest';
import type { LogPage } from '../../lib/cli/api/resources.ts';
import { type Handlers, startContractServer } from './contract-server.ts';
import { build, failedRun, id, job, line, run } from './examples.ts';
import { makeHome } from './process.ts';

const several = { ...run, job_ids: [job.id, `job_${'0'.repeat(26)}`] };
const EVIL = '\u001b[32mgreen\u001b[0m \u001b[2J\u001b]0;title\u0007end';

/** A build whose log has these lines, on one page. */
const printing = (...items: ReturnType<typeof line>[]): Handlers => ({
  getBuild: () => ({ ...build, latest_run: several }),
  getRun: () => several,
  getBuildLogs: () => ({ items, next_cursor: 'end', complete: true }),
  getJob: () => job,
  getJobLogs: () => ({ items, next_cursor: 'end', complete: true }),
});

async function printed(handlers: Handlers, args: readonly string[], env: Record<string, string> = {}) {
  await using server = await startContractServer(handlers);
  using home = makeHome(server.url);
  const ended = await home.run(args, { env });
  return { ...ended, asked: server.of('getBuildLogs').map(({ query }) => query) };
}

test('what could steer the terminal is taken out, and colours too where there is no terminal', async () => {
  const { stdout } = await printed(printing(line(EVIL)), ['build', 'logs', build.id]);

  expect(stdout).toBe('[09:30:00] api | green end\n');
});

test('--ansi keeps colours and nothing else, and gives each job one', async () => {
  const { stdout } = await printed(printing(line(EVIL), line('two', 'web')), [
    'build',
    'logs',
    build.id,
    '--ansi',
  ]);

  const [first = '', second = ''] = stdout.split('\n');
  expect(first).toContain('\u001b[32mgreen\u001b[0m end');
  expect(first).not.toContain('\u001b[2J');
  expect(first).not.toContain('title');
  const colourOf = (text: string, job: string) => text.split(`${job}\u001b`)[0]?.split('m').at(-2);
  expect(colourOf(first, 'api')).not.toBe(colourOf(second, 'web'));
});

test('--no-ansi wins over a terminal that wants colours', async () => {
  const { stdout } = await printed(printing(line(EVIL)), ['build', 'logs', build.id, '--no-ansi'], {
    FORCE_COLOR: '1',
  });

  expect(stdout).toBe('[09:30:00] api | green end\n');
});

test('of a progress bar its last state is shown', async () => {
  const { stdout } = await printed(printing(line(' 10%\r 50%\r100%\r\u001b[K')), ['build', 'logs', build.id]);

  expect(stdout).toBe('[09:30:00] api | 100%\n');
});

test('--timestamps shows the whole time', async () => {
  const { stdout } = await printed(printing(line('a')), ['build', 'logs', build.id, '--timestamps']);

  expect(stdout).toBe('[2026-11-21T09:30:00.000Z] api | a\n');
});

test('--format jsonl prints a line of JSON for each line, control sequences and all, unless they are not wanted', async () => {
  const kept = await printed(printing(line(EVIL), line('b')), [
    'build',
    'logs',
    build.id,
    '--format',
    'jsonl',
  ]);
  const stripped = await printed(printing(line('b')), [
    'build',
    'logs',
    build.id,
    '--format',
    'jsonl',
    '--no-ansi',
  ]);

  const lines = kept.stdout.trimEnd().split('\n');
  expect(lines.map((text) => JSON.parse(text).message)).toEqual([EVIL, 'b']);
  expect(kept.asked[0]).not.toHaveProperty('ansi');
  expect(stripped.asked[0]).toMatchObject({ ansi: 'strip' });
});

test('--format json prints the same document as --json', async () => {
  const formatted = await printed(printing(line('a')), ['build', 'logs', build.id, '--format', 'json']);
  const global = await printed(printing(line('a')), ['build', 'logs', build.id, '--json']);

  expect(JSON.parse(formatted.stdout)).toEqual({ items: [line('a')] });
  expect(JSON.parse(formatted.stdout)).toEqual(JSON.parse(global.stdout));
});

test('--tail, --job and --service are asked of the server, and the last lines are one page', async () => {
  const handlers: Handlers = {
    ...printing(),
    getBuildLogs: () => ({ items: [line('last')], next_cursor: 'two', complete: false }),
  };
  const { stdout, asked } = await printed(handlers, [
    ...['build', 'logs', build.id, '--tail', '7'],
    ...['--job', job.id, '--service', 'api'],
  ]);

  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ tail: '7', job: job.id, service: 'api', run: run.id });
  expect(stdout).toBe('[09:30:00] last\n');
});

test('following after the last lines goes on at their end', async () => {
  const handlers: Handlers = {
    ...printing(),
    getBuildLogs: ({ query }) =>
      query.cursor === undefined
        ? { items: [line('last')], next_cursor: 'two', complete: false }
        : { items: [line('next')], next_cursor: 'end', complete: true },
  };
  const { stdout, asked } = await printed(handlers, ['build', 'logs', build.id, '--tail', '1', '--follow']);

  expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, 'two']);
  expect(stdout).toContain('last\n');
  expect(stdout).toContain('next\n');
});

test("a job's log needs no name before its lines, and a job that failed ends with exit code 6", async () => {
  const failed = {
    ...printing(line('a')),
    getJob: () => ({ ...job, status: 'failed' as const, error: failedRun.error }),
  };

  const read = await printed(failed, ['job', 'logs', job.id]);
  const followed = await printed(failed, ['job', 'logs', job.id, '--follow']);

  expect(read).toMatchObject({ code: 0, stdout: '[09:30:00] a\n' });
  expect(followed).toMatchObject({ code: 6, stdout: '[09:30:00] a\n' });
  expect(followed.stderr).toContain(failedRun.error?.message);
});

test('a run that built nothing has no log, and says why and where there is one', async () => {
  const earlier = { build_id: id('bld'), run_id: `run_${'0'.repeat(26)}` };
  const absent = (absence: LogPage['absence'], latest: typeof run | null = run): Handlers => ({
    getBuild: () => ({ ...build, latest_run: latest }),
    getBuildLogs: () => ({ items: [], next_cursor: 'c', complete: true, absence }),
    getRun: () => latest ?? run,
  });
  const reused = { reason: 'reused', message: 'Nothing was built.', next: 'Read on.', ...earlier } as const;
  const unplanned = { reason: 'planning_failed', message: 'No manifest.', next: 'Add one.' } as const;

  const taken = await printed(absent(reused), ['build', 'logs', build.id]);
  const failed = await printed(absent(unplanned, failedRun), ['build', 'logs', build.id]);
  const followed = await printed(absent(unplanned, failedRun), ['build', 'logs', build.id, '--follow']);
  const document = await printed(absent(unplanned, failedRun), ['build', 'logs', build.id, '--json']);

  expect([taken.code, failed.code, followed.code]).toEqual([0, 0, 6]);
  expect(taken.stderr).toContain('Nothing was built.');
  expect(taken.stderr).toContain(`build logs ${earlier.build_id} --run ${earlier.run_id}`);
  expect(failed.stderr).toContain('No manifest.\nAdd one.\n');
  expect(failed.stderr).toContain(`build diagnose ${build.id}`);
  expect(JSON.parse(document.stdout)).toEqual({ items: [], absence: unplanned });
});

test('a log without lines so far says how to wait for them', async () => {
  const waiting = { items: [], next_cursor: 'c', complete: false };

  const { code, stdout, stderr } = await printed({ getBuild: () => build, getBuildLogs: () => waiting }, [
    'build',
    'logs',
    build.id,
  ]);

  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('No log lines yet.\n');
  expect(stderr).toContain(`build logs ${build.id} --follow`);
});

test('following a job that has no log says so', async () => {
  const followed = await printed(printing(), ['job', 'logs', job.id, '--follow']);
  const lines = await printed(printing(), ['job', 'logs', job.id, '--follow', '--json']);

  expect(followed).toMatchObject({ code: 0, stdout: '' });
  expect(followed.stderr).toContain('The log is empty.');
  expect(lines).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test('following the log of a build with --json prints its lines and nothing else', async () => {
  const { stdout } = await printed(printing(line('a'), line('b')), [
    ...['build', 'logs', build.id, '--follow', '--json'],
  ]);

  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((text) => JSON.parse(text))).toEqual([line('a'), line('b')]);
});
