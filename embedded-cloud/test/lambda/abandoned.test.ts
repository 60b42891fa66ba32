/** Requests whose callers leave while they wait for an execution environment. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apigateway } from '../../src/apigateway/index.ts';
import { lambdaWithin } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { type Running, role, run } from '../../test-kit/running.ts';
import { api, served } from './served.ts';

const ENVIRONMENTS = 4;
const GETS = 20;
const POSTS = 5;

let running: Running;
let base: string;
let folder: string;

/** Notes the method of each event it gets, and answers none before the test says so. */
const HELD = `const { appendFileSync, existsSync } = require('node:fs');
exports.handler = async (event) => {
  appendFileSync(process.env.FILE, event.requestContext.http.method + '\\n');
  while (!existsSync(process.env.FILE + '.open')) await new Promise((resolve) => setTimeout(resolve, 10));
  return 'done';
};`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
  const limits = { environments: ENVIRONMENTS, waiting: 32, waitTimeoutMs: 60_000 };
  running = await run(
    {
      Role: role(),
      Api: api('Api', { Name: 'test', ProtocolType: 'HTTP' }),
      Stage: api('Stage', { StageName: '$default', AutoDeploy: true }),
      ...served('Held', HELD, { Timeout: 60, Environment: { Variables: { FILE: join(folder, 'handled') } } }),
      Posted: api('Route', {
        RouteKey: 'POST /Held',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'ToHeld' }]] },
      }),
      ...served('Other', `exports.handler = async () => 'well';`),
    },
    { services: [logs, (cloud) => lambdaWithin(cloud, limits), apigateway] },
  );
  base = String(running.cloud.resource('Api').attributes.ApiEndpoint);
});

afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const handled = (): string[] => readFileSync(join(folder, 'handled'), 'utf8').trim().split('\n');

test('leave the line when they only read, and are handled all the same when they may change something', async () => {
  writeFileSync(join(folder, 'handled'), '');
  const send = (method: string) =>
    request(`${base}/Held`, { method, agent: false })
      .on('error', () => undefined)
      .end();
  const gets = Array.from({ length: GETS }, () => send('GET'));
  await eventually(() => expect(handled()).toContain('GET'));
  const posts = Array.from({ length: POSTS }, () => send('POST'));

  // Whoever answers this has taken all that came before it.
  await (await fetch(`${base}/Other`)).text();
  for (const one of [...gets, ...posts]) one.destroy();
  await (await fetch(`${base}/Other`)).text();
  writeFileSync(join(folder, 'handled.open'), '');

  const after = await fetch(`${base}/Held`);
  expect(await after.text()).toBe('done');
  const count = (method: string) => handled().filter((one) => one === method).length;
  await eventually(() => expect(count('POST')).toBe(POSTS));
  // Those that had begun, and the last one.
  expect(count('GET')).toBeLessThanOrEqual(ENVIRONMENTS + 1);
});
