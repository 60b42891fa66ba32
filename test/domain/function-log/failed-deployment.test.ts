import { beforeEach, describe, expect, test } from 'vitest';
import { eventOf } from '../../../lib/contract/events/relay.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../../lib/domain/environment/schema.ts';
import { StaitheError } from '../../../lib/domain/error.ts';
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
