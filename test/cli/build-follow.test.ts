/** Claims on following builds, and on looking at them afterwards. */

import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect, test } from 'vitest';
import { StaitheError } from '../../lib/domain/error.ts';
import { type Handlers, startContractServer } from './contract-server.ts';
import { build, failedRun, job, line, pendingRun, run } from './examples.ts';
import { makeHome } from './process.ts';

/** A run that builds for two looks (the log's and the watcher's) and then is as given, with a log of two pages. */
function running(end: typeof run): Handlers {
  let looks = 0;
  return {
    createRun: () => pendingRun,
    getBuild: () => ({ ...build, latest_run: pendingRun }),
    getRun: () => {
      looks += 1;
      return looks <= 2 ? { ...pendingRun, status: 'building', stage: 'command 1 of 3', progress: 33 } : end;
    },
    listJobs: () => ({ items: [job] }),
    getBuildLogs: ({ query }) =>
      query.cursor === undefined
        ? { items: [line('first \u001b[2J\u001b]0;title\u0007line')], next_cursor: 'two', complete: false }
        : { items: [line('last line')], next_cursor: 'end', complete: true },
  };
}

test('following a build that completes streams its log and ends with the result', async () => {
  await using server = await startContractServer(running(run));
  using home = makeHome(server.url);

  const { code, stdout, stderr } = await home.run(['build', 'run', build.id, '--follow']);

  expect(code).toBe(0);
  expect(stderr).toContain('[09:30:00] first line\n');
  expect(stderr).toContain('[09:30:00] last line');
  expect(stderr).toContain('building: command 1 of 3');
  expect(stdout).toContain('completed');
  expect(stdout).not.toContain('last line');
  expect(stdout + stderr).not.toContain('\u001b');
});

test('following a build that fails ends with exit code 6, the step and what it printed last', async () => {
  await using server = await startContractServer(running(failedRun));
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['build', 'run', build.id, '--follow']);

  expect(code).toBe(6);
  expect(stderr).toContain('error: The build failed: The command ended with exit code 2.');
  expect(stderr).toContain('  step: npm test');
  expect(stderr).toContain('  | 1 test failed');
  expect(stderr).toContain('next: Run the command on your machine.');
});

test('following with --json gives JSON lines, the result last', async () => {
  await using server = await startContractServer(running(failedRun));
  using home = makeHome(server.url);

  const { code, stdout, stderr } = await home.run(['build', 'run', build.id, '--follow', '--json']);

  const events = stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(code).toBe(6);
  expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['run', 'log', 'result']));
  expect(events.at(-1)).toEqual({ event: 'result', run: failedRun });
  expect(JSON.parse(stderr)).toMatchObject({ code: 'build_error' });
});

test('Ctrl-C leaves the build alone, tells how to look again, and ends with 130', async () => {
  await using server = await startContractServer({
    ...running(run),
    getRun: () => ({ ...pendingRun, status: 'building', stage: 'working' }),
    getBuildLogs: () => ({ items: [], next_cursor: 'c', complete: false }),
  });
  using home = makeHome(server.url);
  const following = home.start(['build', 'run', build.id, '--follow']);
  await eventually(() => expect(following.stderr()).toContain('working'));

  following.child.kill('SIGINT');
  const { code, stderr } = await following.ended;

  expect(code).toBe(130);
  expect(stderr).toContain(`staithe build logs ${build.id} --follow`);
  expect(server.of('cancelBuild')).toEqual([]);
});

test('a server that goes away while a build is followed does not make the build a failure', async () => {
  let gone = false;
  await using server = await startContractServer(
    {
      ...running(run),
      getRun: () => {
        gone = true;
        return { ...pendingRun, status: 'building', stage: 'working' };
      },
    },
    (request) => {
      if (gone) request.socket.destroy();
      return gone;
    },
  );
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['build', 'run', build.id, '--follow'], {
    env: { STAITHE_RETRY_SECONDS: '1' },
  });

  expect(code).toBe(7);
  expect(stderr).toContain('The build is still running');
  expect(stderr).toContain(`error: Cannot reach ${server.url}`);
});

test('following a build survives a restart of the server', async () => {
  // Longer than the four tries that any other call gets, and less than a restart takes.
  const outage = { from: Number.POSITIVE_INFINITY, ms: 3000 };
  const isOut = () => performance.now() > outage.from && performance.now() < outage.from + outage.ms;
  let reads = 0;
  await using server = await startContractServer(
    {
      ...running(run),
      getRun: () => {
        reads += 1;
        if (reads === 1) outage.from = performance.now();
        return reads < 4 ? { ...pendingRun, status: 'building', stage: 'working' } : run;
      },
      getBuildLogs: () =>
        reads < 4
          ? { items: [], next_cursor: 'c', complete: false }
          : { items: [line('after it')], next_cursor: 'end', complete: true },
    },
    (request) => {
      if (isOut()) request.socket.destroy();
      return isOut();
    },
  );
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['build', 'run', build.id, '--follow']);

  expect(code).toBe(0);
  expect(stderr.split(`Cannot reach ${server.url}. Retrying.`)).toHaveLength(2);
  expect(stderr).toContain('after it');
});

test('a log names the service of each line when there are several', async () => {
  const several = { ...run, job_ids: [job.id, `job_${'0'.repeat(26)}`] };
  await using server = await startContractServer({
    getBuild: () => ({ ...build, latest_run: several }),
    getBuildLogs: () => ({ items: [line('one'), line('two', 'web')], next_cursor: 'end', complete: true }),
  });
  using home = makeHome(server.url);

  const text = await home.run(['build', 'logs', build.id]);
  const json = await home.run(['build', 'logs', build.id, '--json']);

  expect(text.stdout).toBe('[09:30:00] api | one\n[09:30:00] web | two\n');
  expect(JSON.parse(json.stdout)).toEqual({ items: [line('one'), line('two', 'web')] });
});

test('showing a build that failed shows the code, the step, the last lines and the hint', async () => {
  await using server = await startContractServer({
    getBuild: () => ({ ...build, latest_run: failedRun }),
    listJobs: () => ({ items: [{ ...job, status: 'failed', error: failedRun.error }] }),
    listBuildArtifacts: () => ({ items: [] }),
  });
  using home = makeHome(server.url);

  const { code, stdout } = await home.run(['build', 'show', build.id]);

  expect(code).toBe(0);
  for (const part of ['build_error', 'step: npm test', '| 1 test failed', 'hint: Run the command', 'JOB'])
    expect(stdout).toContain(part);
});

test('following a build that fails tells its failure, also when the server goes away right after', async () => {
  let ended = false;
  await using server = await startContractServer(
    {
      createRun: () => pendingRun,
      getBuildLogs: () => ({ items: [], next_cursor: 'c', complete: true }),
      getRun: () => {
        ended = true;
        return failedRun;
      },
    },
    (request) => {
      const gone = ended && request.url?.includes('/runs/');
      if (gone) request.socket.destroy();
      return gone === true;
    },
  );
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['build', 'run', build.id, '--follow']);

  expect(code).toBe(6);
  expect(stderr).toContain('step: npm test');
});

test('following a build whose project is deleted says so, and advises nothing that cannot be done', async () => {
  let asked = 0;
  await using server = await startContractServer({
    getRun: () => {
      asked += 1;
      if (asked > 1) throw new StaitheError('not_found', 'There is no run.');
      return pendingRun;
    },
    createRun: () => pendingRun,
    getBuildLogs: () => ({ items: [], next_cursor: 'c', complete: false }),
  });
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['build', 'run', build.id, '--follow']);

  expect(code).toBe(4);
  expect(stderr).toContain(`error: Build ${pendingRun.build_id} was deleted together with its project.`);
  expect(stderr).toContain('project list');
  expect(stderr).not.toContain('build run');
  expect(stderr).not.toContain('build logs');
});
