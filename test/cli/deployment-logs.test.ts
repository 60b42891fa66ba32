/** Claims on `staithe deployment logs`. */
import { expect, test } from 'vitest';
import { StaitheError } from '../../lib/domain/error.ts';
import { startContractServer } from './contract-server.ts';
import { deployment, line } from './examples.ts';
import { makeHome } from './process.ts';

const AT = (second: number) => `2026-11-21T09:30:0${second}.000Z`;
const step = (second: number, status: typeof deployment.status, message: string) => ({
  at: AT(second),
  status,
  message,
});
const pending = {
  ...deployment,
  status: 'pending' as const,
  timeline: [{ ...step(0, 'pending', 'The deployment was requested.'), by: 'anna' }],
};
const deploying = {
  ...pending,
  status: 'deploying' as const,
  target_version: '7',
  started_at: AT(1),
  timeline: [...pending.timeline, step(1, 'deploying', 'Version 7 was published.')],
};
const ended = {
  ...deploying,
  status: 'succeeded' as const,
  completed_at: AT(4),
  timeline: [...deploying.timeline, step(4, 'succeeded', 'The deployment succeeded.')],
};
const printed = [
  { timestamp: AT(2), version: '6', message: 'of the earlier version' },
  { timestamp: AT(3), version: '7', message: 'connected' },
  { timestamp: AT(5), version: '7', message: 'after the deployment' },
];

test('a log is the steps, and what the commands and the deployed version printed until the end, in order', async () => {
  await using server = await startContractServer({
    getDeployment: () => ended,
    getDeploymentLogs: ({ query }) => ({
      items: query.cursor ? [] : [{ ...line('migrated'), timestamp: AT(2) }],
      next_cursor: 'end',
      complete: false,
    }),
    getEnvironmentLogs: ({ query }) => ({ items: query.cursor ? [] : printed, next_cursor: 'end' }),
  });
  using home = makeHome(server.url);

  const { code, stdout } = await home.run(['deployment', 'logs', deployment.id, '--timestamps']);
  const json = await home.run(['deployment', 'logs', deployment.id, '--json']);

  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    `[${AT(0)}] deployment | pending: The deployment was requested. (anna)`,
    `[${AT(1)}] deployment | deploying: Version 7 was published.`,
    `[${AT(2)}] ${line('').job} | migrated`,
    `[${AT(3)}] version 7 | connected`,
    `[${AT(4)}] deployment | succeeded: The deployment succeeded.`,
  ]);
  expect(JSON.parse(json.stdout).items).toHaveLength(5);
});

test('followed, each line is printed once, and the exit code is that of the deployment', async () => {
  const states = [pending, deploying, deploying, { ...ended, status: 'failed' as const }];
  let asked = 0;
  await using server = await startContractServer({
    getDeployment: () => states[Math.min(asked++, states.length - 1)] ?? pending,
    getDeploymentLogs: () => ({ items: [], next_cursor: 'end', complete: true }),
    getEnvironmentLogs: () => {
      throw new StaitheError('log_unreadable', 'The log is that of another project.');
    },
  });
  using home = makeHome(server.url);

  const { code, stdout } = await home.run(['deployment', 'logs', deployment.id, '--follow', '--json']);

  expect(code).toBe(6);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    'pending: The deployment was requested. (anna)',
    'deploying: Version 7 was published.',
    'succeeded: The deployment succeeded.',
  ]);
});
