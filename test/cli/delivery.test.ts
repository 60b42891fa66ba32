/** Claims on what leaves the system: releases, deployments; and on secrets and webhooks. */

import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StaitheError } from '../../lib/domain/error.ts';
import { startContractServer } from './contract-server.ts';
import { build, delivery, deployment, environment, release, token } from './examples.ts';
import { makeHome } from './process.ts';

test('a release takes its project from the build, and --version is its own', async () => {
  await using server = await startContractServer({ getBuild: () => build, createRelease: () => release });
  using home = makeHome(server.url);

  const { code, stdout, stderr } = await home.run([
    'release',
    'create',
    '--build',
    build.id,
    '--version',
    '0.1.0',
  ]);

  expect(code).toBe(0);
  expect(stdout).toContain(release.id);
  expect(stderr).toContain(`--project ${build.project_id} --release 0.1.0`);
  expect(JSON.parse(server.of('createRelease')[0]?.body ?? '')).toEqual({
    build_id: build.id,
    version: '0.1.0',
  });
});

test('following a deployment that is rolled back ends with exit code 6', async () => {
  const started = { ...deployment, status: 'deploying' as const, stage: 'publishing' };
  await using server = await startContractServer({
    createDeployment: () => started,
    getDeployment: () => ({
      ...deployment,
      status: 'rolled_back',
      error: { message: '/health answered 500', hint: 'Look at the function.' },
    }),
  });
  using home = makeHome(server.url);
  const args = ['deploy', 'test', '--project', 'hello', '--release', 'latest', '--follow'];

  const { code, stderr } = await home.run(args);

  expect(code).toBe(6);
  expect(stderr).toContain('error: The deployment was rolled back: /health answered 500');
  expect(stderr).toContain('next: Look at the function.');
});

test('following a deployment that succeeds ends with its URL', async () => {
  await using server = await startContractServer({
    createDeployment: () => ({ ...deployment, status: 'pending' as const }),
    getDeployment: () => deployment,
  });
  using home = makeHome(server.url);

  const { code, stdout } = await home.run([
    'deploy',
    'test',
    '--project',
    'hello',
    '--release',
    '0.1.0',
    '--follow',
    '--json',
  ]);

  expect(code).toBe(0);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({ event: 'result', deployment });
});

test('setting an environment changes what is named and keeps the rest', async () => {
  await using server = await startContractServer({
    getEnvironment: () => environment,
    putEnvironment: () => environment,
  });
  using home = makeHome(server.url);
  const args = ['environment', 'set', 'test', '--project', 'hello', '--memory', '512', '--variable', 'A=1'];
  args.push('--health-status', '200', '--health-status', '204');

  const { code } = await home.run(args);

  expect(code).toBe(0);
  expect(JSON.parse(server.of('putEnvironment')[0]?.body ?? '')).toEqual({
    target: { ...environment.target, memory_mb: 512 },
    variables: { GREETING: 'Ahoy', A: '1' },
    health_path: '/health',
    health_status: [200, 204],
    health_follow: false,
    after: [],
    soak_seconds: 0,
    freeze: [],
    concurrency: 'reject',
  });
});

test('the default health statuses are not named beside others', async () => {
  await using server = await startContractServer({
    getEnvironment: () => environment,
    putEnvironment: () => environment,
  });
  using home = makeHome(server.url);
  const args = ['environment', 'set', 'test', '--project', 'hello', '--health-status', 'default'];

  const reset = await home.run(args);
  const mixed = await home.run([...args, '--health-status', '204']);

  expect([reset.code, mixed.code]).toEqual([0, 2]);
  expect(server.of('putEnvironment')).toHaveLength(1);
  expect(JSON.parse(server.of('putEnvironment')[0]?.body ?? '')).toMatchObject({ health_status: [] });
  expect(mixed.stderr).toContain('List every healthy status');
});

test('a new environment needs a function', async () => {
  await using server = await startContractServer({
    getEnvironment: () => {
      throw new StaitheError('not_found', 'There is none.');
    },
    putEnvironment: () => environment,
  });
  using home = makeHome(server.url);
  const args = ['environment', 'set', 'test', '--project', 'hello'];

  const without = await home.run(args);
  const withIt = await home.run([...args, '--function', 'hello-test']);

  expect(without.code).toBe(2);
  expect(without.stderr).toContain('--function');
  expect(withIt.code).toBe(0);
});

test('a secret is printed by token create and nowhere else', async () => {
  await using server = await startContractServer({
    createToken: () => token,
    listTokens: () => ({ items: [token], next_cursor: null }),
  });
  using home = makeHome(server.url);

  const created = await home.run(['token', 'create', '--role', 'developer', '--verbose']);
  const listed = await home.run(['token', 'list', '--verbose', '--json']);

  expect(created.stdout).toContain(token.secret);
  expect(created.stderr).toContain('not shown again');
  for (const said of [created.stderr, created.stdout, listed.stdout, listed.stderr])
    expect(said).not.toContain('stt_my-token');
  expect(listed.stdout + listed.stderr).not.toContain(token.secret);
});

test('a webhook is signed over its very bytes, and followed to its decision', async () => {
  let looks = 0;
  await using server = await startContractServer({
    receiveGithubWebhook: () => ({ delivery_id: delivery.id }),
    getDelivery: () => {
      looks += 1;
      return looks === 1 ? { ...delivery, decision: { kind: 'received', reason: 'just now' } } : delivery;
    },
  });
  using home = makeHome(server.url);
  const payload = '{ "ref":"refs/heads/main" }\n';
  writeFileSync(join(home.folder, 'push.json'), payload);

  const { code, stdout, stderr } = await home.run(['webhook', 'send', 'push.json', '--follow'], {
    env: { STAITHE_WEBHOOK_SECRET: 'the-hook-secret' },
  });

  const got = server.of('receiveGithubWebhook');
  expect(code).toBe(0);
  expect(got).toHaveLength(1);
  expect(got[0]?.body).toBe(payload);
  expect(got[0]?.headers).toMatchObject({
    'x-github-event': 'push',
    'x-hub-signature-256': `sha256=${createHmac('sha256', 'the-hook-secret').update(payload).digest('hex')}`,
  });
  expect(got[0]?.headers).not.toHaveProperty('authorization');
  expect(stdout).toContain('building: a push to main');
  expect(stdout + stderr).not.toContain('the-hook-secret');
});

test('a webhook without a secret is not sent', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'push.json'), '{}');

  const { code, stderr } = await home.run(['webhook', 'send', 'push.json']);

  expect(code).toBe(2);
  expect(stderr).toContain('STAITHE_WEBHOOK_SECRET');
  expect(server.requests).toEqual([]);
});

test.each([
  { end: 'succeeded' as const, code: 0 },
  { end: 'rolled_back' as const, code: 6 },
])('waiting for a deployment with --json prints it alone, as it ended: $end', async ({ end, code }) => {
  let looks = 0;
  const ended = { ...deployment, status: end };
  await using server = await startContractServer({
    getDeployment: () => {
      looks += 1;
      return looks > 1 ? ended : { ...deployment, status: 'pending' as const };
    },
  });
  using home = makeHome(server.url);

  const waited = await home.run(['deployment', 'wait', deployment.id, '--json']);

  expect(waited.code).toBe(code);
  expect(JSON.parse(waited.stdout)).toEqual(ended);
  const said = waited.stderr === '' ? undefined : JSON.parse(waited.stderr).code;
  expect(said).toBe(code === 0 ? undefined : 'deployment_rolled_back');
});
