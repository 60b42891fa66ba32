import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apigateway } from '../../src/apigateway/index.ts';
import { lambdaWithin } from '../../src/lambda/index.ts';
import { limitsOf } from '../../src/lambda/runtime/limits.ts';
import { logs } from '../../src/logs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { descendantsOf } from '../../test-kit/processes.ts';
import { inline, type Running, role, run } from '../../test-kit/running.ts';
import { needs } from '../../test-kit/tools.ts';
import { api, served } from './served.ts';

/** Fewer environments than functions, and a line that a burst overflows. */
const ENVIRONMENTS = 4;
const WAITING = 32;
const FUNCTIONS = ['A', 'B', 'C', 'D', 'E'];

let running: Running;
let base: string;
let folder: string;

const pause = 'await new Promise((resolve) => setTimeout(resolve, 10));';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'overload-'));
  const limits = { environments: ENVIRONMENTS, waiting: WAITING, waitTimeoutMs: 60_000 };
  running = await run(
    {
      Role: role(),
      Api: api('Api', { Name: 'test', ProtocolType: 'HTTP' }),
      Stage: api('Stage', {
        StageName: '$default',
        AutoDeploy: true,
        RouteSettings: { 'GET /Health': { ThrottlingBurstLimit: 1000, ThrottlingRateLimit: 1000 } },
      }),
      ...Object.assign(
        {},
        ...FUNCTIONS.map((name) =>
          served(name, `exports.handler = async () => { ${pause} return 'done'; };`),
        ),
      ),
      ...served('Health', `exports.handler = async () => 'well';`),
      ...served(
        'Outer',
        `exports.handler = async (event) => {
        const answer = await fetch('http://' + event.requestContext.domainName + '/A');
        return { statusCode: answer.status, body: await answer.text() };
      };`,
        { Timeout: 60 },
      ),
      Notes: inline(
        `exports.handler = async (event) => require('node:fs').appendFileSync(process.env.FILE, event.n + '\\n');`,
        { FunctionName: 'Notes', Environment: { Variables: { FILE: join(folder, 'notes') } } },
      ),
    },
    { services: [logs, (cloud) => lambdaWithin(cloud, limits), apigateway] },
  );
  base = String(running.cloud.resource('Api').attributes.ApiEndpoint);
});

afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (name: string) => {
  const response = await fetch(`${base}/${name}`);
  return {
    status: response.status,
    body: await response.text(),
    retryAfter: response.headers.get('retry-after'),
  };
};

/** Execution environments of this file's functions, as the kernel counts them: a worker may have other clouds, too. */
const environments = (): number => processesOf(...FUNCTIONS, 'Health').length;

const processesOf = (...functions: string[]): number[] =>
  descendantsOf(process.pid)
    .filter(({ pid, name }) => name === 'bootstrap.mjs' && runs(pid, functions))
    .map(({ pid }) => pid);

function runs(pid: number, functions: readonly string[]): boolean {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return functions.some((name) => variables.includes(`AWS_LAMBDA_FUNCTION_NAME=${name}`));
  } catch {
    return false; // it has ended meanwhile
  }
}

/** Calls `look` again and again while `work` goes on. */
async function during<T>(work: Promise<T>, look: () => unknown): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) await look();
  return done;
}

describe('more requests than there is room for', () => {
  test('are answered or turned away with Retry-After, while routes that are kept apart answer all', async () => {
    const burst = FUNCTIONS.flatMap((name) => Array.from({ length: 60 }, () => get(name)));
    const health: { status: number }[] = [];

    const answers = await during(Promise.all(burst), async () => health.push(await get('Health')));

    const turnedAway = answers.filter(({ status }) => status !== 200);
    expect(new Set(turnedAway.map(({ status, retryAfter }) => `${status} ${retryAfter}`))).toEqual(
      new Set(['503 1']),
    );
    // Those that found a place in a line were all answered.
    expect(answers.length - turnedAway.length).toBeGreaterThanOrEqual(FUNCTIONS.length * WAITING);
    expect(new Set(health.map(({ status }) => status))).toEqual(new Set([200]));
    // And nothing is left in the lines.
    expect((await Promise.all(FUNCTIONS.map(get))).map(({ status }) => status)).toEqual(
      FUNCTIONS.map(() => 200),
    );
  });

  test(
    'never have more processes than the bound, and every function has its turn',
    needs('/proc'),
    async () => {
      const burst = FUNCTIONS.flatMap((name) => Array.from({ length: WAITING / 2 }, () => get(name)));
      const counts: number[] = [];

      const answers = await during(Promise.all(burst), async () => {
        counts.push(environments());
        await new Promise((resolve) => setImmediate(resolve));
      });

      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(Math.max(...counts)).toBe(ENVIRONMENTS);
    },
  );
});

test(
  'a function whose events go first keeps its process while others want more than they have',
  needs('/proc'),
  async () => {
    for (const name of ['A', 'B', 'Health']) await get(name);
    const before = processesOf('Health');
    const burst = ['A', 'B'].flatMap((name) => Array.from({ length: WAITING }, () => get(name)));

    await during(Promise.all(burst), () => get('Health'));

    expect(before).toHaveLength(1);
    expect(processesOf('Health')).toEqual(before);
  },
);

test('functions that wait for another function do not keep it from running', async () => {
  const calls = Array.from({ length: WAITING / 2 }, () => get('Outer'));

  const answers = await Promise.all(calls);

  expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 done']));
});

test('asynchronous invocations wait, however many there are', async () => {
  const numbers = Array.from({ length: 3 * WAITING }, (_, n) => n);
  const send = (n: number) =>
    running.client.send(
      new InvokeCommand({ FunctionName: 'Notes', InvocationType: 'Event', Payload: JSON.stringify({ n }) }),
    );
  appendFileSync(join(folder, 'notes'), '');

  await Promise.all(numbers.map(send));

  await eventually(() => {
    const lines = readFileSync(join(folder, 'notes'), 'utf8').trim().split('\n');
    expect(lines.map(Number).toSorted((a, b) => a - b)).toEqual(numbers);
  });
});

describe('the bound', () => {
  const GB = 2 ** 30;
  test.each([
    ['two cores and much memory', 2, 64 * GB, 32],
    ['many cores and 16 GB', 16, 16 * GB, 32],
    ['little memory', 4, 2 * GB, 8],
  ])('follows from %s', (_, cores, memory, most) => {
    expect(limitsOf(cores, memory).environments).toBe(most);
  });
});
