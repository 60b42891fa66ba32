/** Claims on sending, building and following. */

import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect, test } from 'vitest';
import { StaitheError } from '../../lib/domain/error.ts';
import { tarGz } from '../archive/craft.ts';
import { type Elsewhere, type Handlers, startContractServer } from './contract-server.ts';
import { build, failedRun, job, line, pendingRun, run, source } from './examples.ts';
import { makeHome } from './process.ts';

/** The storage behind presigned URLs: refuses the first `breaks` uploads by cutting the connection. */
function storage(breaks = 0) {
  const uploads: { url: string; headers: IncomingHttpHeaders; bytes: Buffer }[] = [];
  let broken = 0;
  const elsewhere: Elsewhere = async (request, response) => {
    if (!request.url?.startsWith('/storage/')) return false;
    if (broken < breaks) {
      broken += 1;
      request.socket.destroy();
      return true;
    }
    uploads.push({ url: request.url, headers: request.headers, bytes: await buffer(request) });
    response.writeHead(200).end();
    return true;
  };
  return { uploads, elsewhere };
}

/** A server on which every source is new, and whose upload URLs count up. */
function takingSources(url: () => string): Handlers {
  let announced = 0;
  return {
    createSource: ({ body }) => ({
      ...source,
      sha256: body.sha256,
      size_bytes: body.size_bytes,
      format: body.format,
      status: 'pending' as const,
      upload: {
        method: 'PUT' as const,
        url: `${url()}/storage/${++announced}`,
        headers: { 'content-type': 'application/gzip', 'x-amz-checksum-sha256': 'signed' },
        expires_at: '2026-11-21T10:00:00.000Z',
      },
    }),
    getSource: () => source,
    createBuild: () => ({ ...build, latest_run: pendingRun }),
  };
}

function writeTree(folder: string): void {
  mkdirSync(join(folder, 'tree'));
  writeFileSync(join(folder, 'tree', 'staithe.yaml'), 'services: {}\n');
}

/** Takes sources, and has their bytes sent to itself. */
async function sourceServer(elsewhere: ReturnType<typeof storage>['elsewhere']) {
  let url = '';
  const server = await startContractServer(
    takingSources(() => url),
    elsewhere,
  );
  url = server.url;
  return server;
}

test('a folder is packed and sent with exactly the headers that were signed', async () => {
  const { uploads, elsewhere } = storage();
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeTree(home.folder);

  const { code, stdout } = await home.run([
    'source',
    'create',
    '--project',
    'hello',
    '--dir',
    'tree',
    '--json',
  ]);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(source);
  const announced = JSON.parse(server.of('createSource')[0]?.body ?? '');
  const sent = uploads[0];
  expect(
    createHash('sha256')
      .update(sent?.bytes ?? '')
      .digest('hex'),
  ).toBe(announced.sha256);
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/gzip',
    'x-amz-checksum-sha256': 'signed',
    'content-length': String(announced.size_bytes),
  });
  expect(sent?.headers).not.toHaveProperty('authorization');
  expect(sent?.headers).not.toHaveProperty('transfer-encoding');
});

test('an upload that breaks off is announced anew and sent to the fresh URL', async () => {
  const { uploads, elsewhere } = storage(1);
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeTree(home.folder);

  const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--dir', 'tree']);

  expect(code).toBe(0);
  expect(stderr).toContain('retrying');
  expect(uploads.map((upload) => upload.url)).toEqual(['/storage/2']);
  const keys = server.of('createSource').map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(2);
});

test('bytes that are stored already are not sent again', async () => {
  const { uploads, elsewhere } = storage();
  await using server = await startContractServer(
    {
      createSource: () => ({ ...source, upload: null }),
      createBuild: () => ({ ...build, latest_run: pendingRun }),
    },
    elsewhere,
  );
  using home = makeHome(server.url);
  writeTree(home.folder);

  const { code, stdout, stderr } = await home.run(
    ['build', 'create', '--dir', 'tree', '--service', 'api', '--input', 'a=b=c', '--json'],
    { env: { STAITHE_PROJECT: 'hello' } },
  );

  expect(code).toBe(0);
  expect(uploads).toEqual([]);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ id: build.id, latest_run: { status: 'pending' } });
  expect(JSON.parse(server.of('createBuild')[0]?.body ?? '')).toEqual({
    source_id: source.id,
    start: true,
    inputs: { a: 'b=c' },
    services: ['api'],
  });
});

test('a file that is no archive is refused before anything is sent', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'fake.zip'), 'no zip');

  const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--file', 'fake.zip']);

  expect(code).toBe(2);
  expect(stderr).toContain('is not a tar.gz or zip archive');
  expect(server.requests).toEqual([]);
});

test('an archive is looked into before it is sent: its size, its entries, and what everything lies below', async () => {
  const { elsewhere } = storage();
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'large.tar.gz'), Buffer.from([0x1f, 0x8b]));
  truncateSync(join(home.folder, 'large.tar.gz'), 100 * 1024 ** 2 + 1);
  writeFileSync(join(home.folder, 'damaged.tar.gz'), gzipSync('no tar'));
  const wrapped = tarGz({ name: 'repo-1.0/staithe.yaml', content: 'services: {a: {}}' });
  writeFileSync(join(home.folder, 'wrapped.tar.gz'), wrapped);
  const send = (file: string) => home.run(['source', 'create', '--project', 'hello', '--file', file]);

  const large = await send('large.tar.gz');
  const damaged = await send('damaged.tar.gz');
  const sent = server.requests.length;
  const hinted = await send('wrapped.tar.gz');

  expect([large.code, damaged.code, sent, hinted.code]).toEqual([2, 2, 0, 0]);
  expect(large.stderr).toContain('sources are limited to 100.0 MiB');
  expect(damaged.stderr).toContain('This is not a tar archive');
  expect(hinted.stderr).toContain("tar -czf source.tar.gz -C 'repo-1.0' .");
});

test('what is left out of a folder is counted and named, and what cannot be packed is refused', async () => {
  const { uploads, elsewhere } = storage();
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeTree(home.folder);
  writeFileSync(join(home.folder, 'tree/.gitignore'), '*.log\n/dist/\n');
  for (const name of ['a.log', 'b.log']) writeFileSync(join(home.folder, 'tree', name), '');
  mkdirSync(join(home.folder, 'tree/dist'));
  symlinkSync('../../elsewhere', join(home.folder, 'tree/out'));
  const send = (...more: string[]) =>
    home.run(['source', 'create', '--project', 'hello', '--dir', 'tree', ...more]);

  const link = await send();
  const sent = await send('--exclude', 'out');

  expect([link.code, sent.code, uploads.length]).toEqual([2, 0, 1]);
  expect(link.stderr).toContain("The link 'out' leads to '../../elsewhere', outside of what is packed.");
  expect(sent.stderr).toMatch(/Omitted 3 files and folders ignored by git: .*dist\//);
  expect(sent.stderr).toContain('Omitted 1 file or folder excluded by .staitheignore or --exclude: out');
});

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
