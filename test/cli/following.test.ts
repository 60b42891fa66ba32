/** Claims on following a build where requests fail on the way. */
import { expect, test } from 'vitest';
import { StaitheError } from '../../lib/domain/error.ts';
import { type Handlers, startContractServer } from './contract-server.ts';
import { build, line, pendingRun, run } from './examples.ts';
import { makeHome } from './process.ts';

const handlers: Handlers = {
  createRun: () => pendingRun,
  getBuild: () => ({ ...build, latest_run: run }),
  getRun: () => run,
  listJobs: () => ({ items: [] }),
  getBuildLogs: () => ({ items: [line('a')], next_cursor: 'end', complete: true }),
};

test('a log that cannot be read is told to people and to programs, with the reason', async () => {
  await using server = await startContractServer({
    ...handlers,
    getBuildLogs: () => {
      throw new StaitheError('not_found', 'The log was deleted.');
    },
  });
  using home = makeHome(server.url);
  const follow = ['build', 'run', build.id, '--follow'];

  const told = await home.run(follow);
  const { stdout, code } = await home.run([...follow, '--json']);

  expect([told.code, code]).toEqual([0, 0]);
  expect(told.stderr).toContain('Cannot read the log: The log was deleted.');
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(events).toContainEqual({
    event: 'log_unreadable',
    problem: expect.objectContaining({ code: 'not_found', detail: 'The log was deleted.' }),
  });
  expect(events.at(-1)).toEqual({ event: 'result', run });
});

test('a server that answers, but has no room, is not called unreachable, and is named once', async () => {
  let refusals = 3;
  await using server = await startContractServer(handlers, (request, response) => {
    if (!request.url?.includes('/logs') || refusals === 0) return false;
    refusals -= 1;
    const problem = { code: 'throttled', status: 429, detail: 'Too many requests.', remedy: 'Wait.' };
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '0' });
    response.end(JSON.stringify({ type: 'urn:x', title: 'x', request_id: 'r', ...problem }));
    return true;
  });
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['build', 'logs', build.id, '--follow']);

  expect([code, refusals]).toEqual([0, 0]);
  expect(stderr.split('Waiting to retry: Too many requests.')).toHaveLength(2);
  expect(stderr).not.toContain('Cannot reach');
});
