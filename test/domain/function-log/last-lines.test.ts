import { beforeEach, describe, expect, test } from 'vitest';
import { eventOf } from '../../../lib/contract/events/relay.ts';
import { apply } from '../../../lib/domain/deployment/steps.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../../lib/domain/environment/schema.ts';
import { StaitheError } from '../../../lib/domain/error.ts';
import { causeOf } from '../../../lib/domain/function-log/causes.ts';
import { lastLines } from '../../../lib/domain/function-log/last-lines.ts';
import type { FunctionLogs, StreamFilter } from '../../../lib/domain/ports/function-logs.ts';
import { runDeployment } from '../../workflows/deployment.ts';
import { readyToDeploy } from '../deploying.ts';

const START = 'INIT_START Runtime Version: nodejs:24.v1';
const REPORT = 'REPORT RequestId: 1 Duration: 3.00 ms';

let scene: Awaited<ReturnType<typeof readyToDeploy>>;
beforeEach(async () => {
  scene = await readyToDeploy();
  scene.place.ports.probe.answer = { status: 502 };
});

/** A deployment whose function prints these and answers 502. */
async function failing(printed: readonly string[], version = '1') {
  const { place, deploy, show } = scene;
  const timestamp = place.ports.clock.now().getTime();
  place.ports.functionLogs.append('hello', ...printed.map((message) => ({ timestamp, message, version })));
  const { id } = await deploy();
  await runDeployment(place.ports, id);
  return show(id);
}

describe('a deployment that fails', () => {
  test('ends with what its function printed last, and without the lines of the platform', async () => {
    const { error } = await failing([
      START,
      'one',
      'Error: no\n    at index.mjs:1',
      'END RequestId: 1',
      REPORT,
    ]);

    expect(error?.last_lines).toEqual(['one', 'Error: no', '    at index.mjs:1']);
  });

  test('ends with the last of several tries, whose error is unfolded', async () => {
    const printed = JSON.stringify({
      errorType: 'TypeError',
      errorMessage: 'no such thing',
      stack: ['TypeError: no such thing', '    at handler (index.mjs:1:2)'],
    });
    const at = '2026-11-21T09:30:00.000Z';
    const once = [`${at}\t1\tERROR\tInvoke Error \t${printed}`, 'END RequestId: 1', REPORT];
    const { error } = await failing([START, ...once, ...once]);

    expect(error?.last_lines).toEqual([
      `${at} Invoke Error: TypeError: no such thing`,
      '    at handler (index.mjs:1:2)',
    ]);
    expect(error?.message).toMatch(/The function failed with TypeError: no such thing\.$/);
  });

  test('names the cause and what to do about it', async () => {
    const { error } = await failing([
      `undefined ERROR Uncaught Exception {"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'left-pad'"}`,
      REPORT,
    ]);

    expect(error?.message).toMatch(
      /answered 502.*needs the module 'left-pad', which the artifact does not have/,
    );
    expect(error?.hint).toMatch(
      /No version was serving before.*staithe environment logs test --project prj_\w+ --since 2026-/,
    );
  });

  test('shows no line of another version', async () => {
    const { error } = await failing(['of version 7', REPORT], '7');

    expect(error?.last_lines).toEqual([]);
  });

  test('masks secret variables and the credentials of the role', async () => {
    const variables = {
      API_TOKEN: 'tok-5ecre7',
      DB_URL: 'postgres://app:hunt%24er2@db.invalid/x',
      GREETING: 'Ahoy there',
    };
    const target = { kind: 'lambda', function_name: 'hello' };
    await Environment.put(
      scene.place.ports,
      scene.place.project,
      'test',
      PutEnvironment.parse({ target, variables }),
    );

    const { error } = await failing([
      'tok-5ecre7 dG9rLTVlY3JlNw== hunt%24er2 hunt$er2 Ahoy there',
      `{ AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2Vj', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG' }`,
      REPORT,
    ]);

    const text = error?.last_lines?.join('\n') ?? '';
    expect(text).toContain('Ahoy there');
    for (const secret of ['tok-5ecre7', 'dG9rLTVlY3', 'hunt', 'IQoJb3', 'wJalrX'])
      expect(text).not.toContain(secret);
  });

  test('keeps the last 30 lines, and 8 KB of them', async () => {
    const many = await failing([...Array.from({ length: 100 }, (_, index) => `line ${index}`), REPORT]);
    scene = await readyToDeploy();
    scene.place.ports.probe.answer = { status: 502 };
    const long = await failing([...Array.from({ length: 30 }, () => 'x'.repeat(5000)), REPORT]);

    expect(many.error?.last_lines).toHaveLength(30);
    expect(many.error?.last_lines?.at(-1)).toBe('line 99');
    expect(JSON.stringify(long.error?.last_lines).length).toBeLessThan(8 * 1024);
    expect(long.error?.last_lines?.[0]).toHaveLength(1000);
  });

  test('still ends when its log cannot be read, and says why', async () => {
    scene.place.ports.functionLogs.failure = new StaitheError(
      'log_unreadable',
      'Staithe may not read the log.',
    );

    const { status, error } = await failing([]);

    expect(status).toBe('failed');
    expect(error).toEqual({
      message: expect.stringMatching(/answered 502.*Staithe may not read the log\.$/),
      hint: expect.stringContaining('aws logs tail'),
    });
  });

  test('still ends when the read of its log fails in a way that nobody has thought of', async () => {
    scene.place.ports.functionLogs.failure = new TypeError('events is not iterable');

    const { status, error } = await failing([]);

    expect(status).toBe('failed');
    expect(error).toEqual({
      message: expect.stringMatching(
        /answered 502.*could not be read \(TypeError: events is not iterable\)\.$/,
      ),
      hint: expect.stringContaining('CloudWatch'),
    });
  });

  test('says nothing of a log when the function was never asked', async () => {
    const { place, deploy, show } = scene;
    place.ports.functions.failures.publish = new Error('Lambda refused it.');
    const { id } = await deploy();
    await apply(place.ports, id);
    await runDeployment(place.ports, id);

    const { error } = await show(id);
    expect(error?.last_lines).toBeUndefined();
    expect(error?.hint).toBe('No version was serving before. Fix the cause, then deploy again.');
  });

  test('is told in its event with the lines', async () => {
    const ended = await failing(['why', REPORT]);

    const event = eventOf({
      before: { entity: 'deployment', status: 'verifying' },
      after: { entity: 'deployment', revision: 2, ...ended },
    });
    expect(event).toMatchObject({ name: 'Deployment Failed', detail: { error: { last_lines: ['why'] } } });
  });
});

describe('the last words of a version', () => {
  /** What is asked for, when, in seconds. */
  const asked: { at: number; of?: StreamFilter | undefined }[] = [];
  const heard = async ({ perSecond = 0.5, since = 0, late = 10_000 } = {}) => {
    const { clock, functionLogs } = scene.place.ports;
    const began = clock.now().getTime();
    asked.length = 0;
    const logs: FunctionLogs = {
      ...functionLogs,
      readsPerSecond: perSecond,
      lateByMs: late,
      read(name, page) {
        asked.push({ at: (clock.now().getTime() - began) / 1000, of: page.of });
        return functionLogs.read(name, page);
      },
    };
    return lastLines(
      { clock, functionLogs: logs },
      { functionName: 'hello', version: '1', since: began + since, variables: {} },
      async (milliseconds) => clock.advance(milliseconds),
    );
  };
  const print = (
    messages: readonly string[],
    { version = '1', began = undefined as string | undefined } = {},
  ) => {
    const timestamp = scene.place.ports.clock.now().getTime();
    const events = messages.map((message) => ({ timestamp, message, version, ...(began && { began }) }));
    scene.place.ports.functionLogs.append('hello', ...events);
  };

  test('are found behind all that other versions print', async () => {
    print(
      Array.from({ length: 60_000 }, () => 'of version 7'),
      { version: '7' },
    );
    print(['why', REPORT]);

    expect(await heard()).toEqual(['why']);
    expect(asked).toHaveLength(1);
  });

  test('are the last ones, of however many pages', async () => {
    print([...Array.from({ length: 75_000 }, (_, index) => `line ${index}`), REPORT]);

    expect((await heard({ perSecond: 12 })).at(-1)).toBe('line 74999');
    expect(asked).toHaveLength(8);
  });

  test('are waited for with no more reads than one reader has', async () => {
    print(['not reported']);

    expect(await heard()).toEqual(['not reported']);

    const gaps = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
    expect(asked.length).toBeLessThanOrEqual(5 + 10 * 0.5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1 / (5 * 0.5));
    expect(Math.min(...gaps.slice(4))).toBeGreaterThanOrEqual(1 / 0.5);
  });

  test('are those of a process that began before midnight', async () => {
    scene.place.ports.clock.advance(15 * 3_600_000); // 00:30
    print(['why', REPORT], { began: '2026-11-21' });

    expect(await heard()).toEqual(['why']);
    expect(asked.map(({ of }) => of?.day)).toEqual(['2026-11-22', '2026-11-21']);
  });

  test('are those of a process that began after midnight, of a deployment from before', async () => {
    scene.place.ports.clock.advance(15 * 3_600_000);
    print(['why', REPORT]);

    expect(await heard({ since: -3_600_000 })).toEqual(['why']);
  });

  test('are what was found when the store refuses the rest', async () => {
    print(Array.from({ length: 25_000 }, (_, index) => `line ${index}`));
    const { functionLogs } = scene.place.ports;
    const read = functionLogs.read;
    const refused = new StaitheError('at_limit', 'Too often.');
    functionLogs.read = (name, page) => (page.token === '20000' ? Promise.reject(refused) : read(name, page));

    expect((await heard()).at(-1)).toBe('line 19999');
    functionLogs.read = () => Promise.reject(refused);
    await expect(heard()).rejects.toMatchObject({ code: 'at_limit' });
  });
});

describe('the cause of a failure', () => {
  test.each([
    ["Unable to import module 'app': No module named 'requests'", /module 'requests'/, /staithe\.yaml/],
    [
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /var/task/index.mjs",
      /'zod'/,
      /Pack it/,
    ],
    [
      '{"errorType":"Runtime.HandlerNotFound","errorMessage":"index.handler is undefined or not exported"}',
      /does not export the handler/,
      /--handler/,
    ],
    [
      "[ERROR] Runtime.HandlerNotFound: Handler 'main' missing on module 'app'",
      /does not export.*: main/,
      /--handler/,
    ],
    ['2026-11-21T09:30:00.000Z 1 Task timed out after 3.00 seconds', /limit of 3 seconds/, /--timeout/],
    ['RequestId: 1 Error: Runtime exited with error: signal: killed', /memory/, /--memory/],
    ['RequestId: 1 Error: Runtime exited with error: exit status 3', /exit status 3/, /handler return/],
    [
      '{"errorType":"Runtime.UserCodeSyntaxError","errorMessage":"SyntaxError: Unexpected token"}',
      /syntax error/,
      /\.mjs/,
    ],
  ])('of %s is told', (line, message, remedy) => {
    expect(causeOf(['before', line, 'after'], 'test')).toEqual({
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  test('is not made up', () => {
    expect(causeOf(['listening on 8080', 'GET / 503'], 'test')).toBeUndefined();
  });
});
