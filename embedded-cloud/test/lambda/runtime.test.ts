import { InvokeCommand, type InvokeCommandOutput, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Running, role, run } from '../../test-kit/running.ts';
import { functions } from './runtime-functions.ts';

let running: Running;

beforeAll(async () => {
  const named = Object.entries(functions).map(([name, definition]) => [name, withName(definition, name)]);
  running = await run({ Role: role(), ...Object.fromEntries(named) });
});

afterAll(() => running.close());

function withName(definition: unknown, FunctionName: string): unknown {
  const { Properties, ...rest } = { Properties: {}, ...(definition ?? {}) };
  return { ...rest, Properties: { ...Properties, FunctionName } };
}

function invoke(FunctionName: string, event: unknown = {}): Promise<InvokeCommandOutput> {
  const input = { FunctionName, Payload: JSON.stringify(event), LogType: 'Tail' } as const;
  return running.client.send(new InvokeCommand(input));
}

const payload = (output: InvokeCommandOutput) => JSON.parse(output.Payload?.transformToString() ?? 'null');

const tail = (output: InvokeCommandOutput) => Buffer.from(output.LogResult ?? '', 'base64').toString();

describe('a handler', () => {
  test('gets the event and a context that describes the invocation', async () => {
    const output = await invoke('Echo', { a: [1, 'ü'] });

    const { event, context } = payload(output);
    expect(output.ExecutedVersion).toBe('$LATEST');
    expect(event).toEqual({ a: [1, 'ü'] });
    expect(context).toMatchObject({
      awsRequestId: output.$metadata.requestId,
      functionName: 'Echo',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Echo',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/Echo',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    });
    expect(context.left).toBeGreaterThan(0);
    expect(context.left).toBeLessThanOrEqual(3000);
  });

  test.each([
    ['Sync', { n: 4 }, { doubled: 8 }],
    ['Callback', {}, { late: true }],
    ['Module', {}, 'b'],
  ])('may be of the kind %s', async (name, event, expected) => {
    const output = await invoke(name, event);

    expect(output.FunctionError).toBeUndefined();
    expect(payload(output)).toEqual(expected);
  });

  test('runs in a warm environment again, and in a new one after a crash', async () => {
    const results = [];
    for (const event of [{}, {}, { crash: true }, {}]) results.push(payload(await invoke('Counter', event)));

    expect([results[0], results[1], results[3]]).toEqual([1, 2, 1]);
    expect(results[2]).toMatchObject({ errorType: 'Runtime.ExitError' });
  });
});

describe('a failure', () => {
  test.each([
    [
      'Throws',
      {
        errorType: 'Refused',
        errorMessage: 'no',
        trace: expect.arrayContaining([expect.stringContaining('Refused: no')]),
      },
    ],
    ['ThrowsText', { errorType: 'string', errorMessage: 'only text', trace: [] }],
    ['Uncaught', { errorType: 'TypeError', errorMessage: 'later' }],
    ['Rejected', { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: nobody waits' }],
    [
      'Exits',
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: \S+ Error: Runtime exited with error: exit status 7$/,
        ),
      },
    ],
    ['Killed', { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: killed') }],
    [
      'Slow',
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/),
      },
    ],
    ['Spins', { errorType: 'Sandbox.Timedout' }],
    [
      'NoHandler',
      { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.handler is undefined or not exported' },
    ],
    [
      'NoModule',
      { errorType: 'Runtime.ImportModuleError', errorMessage: "Error: Cannot find module 'dir/missing'" },
    ],
    ['MissingImport', { errorType: 'Runtime.ImportModuleError' }],
    ['Broken', { errorType: 'Runtime.UserCodeSyntaxError' }],
    ['FailsToStart', { errorType: 'RangeError', errorMessage: 'at import' }],
    ['NotJson', { errorType: 'Runtime.MarshalError' }],
    ['TooBig', { errorType: 'Function.ResponseSizeTooLarge' }],
    ['Callback24', { errorType: 'Runtime.CallbackHandlerDeprecated' }],
  ])('of the kind %s is reported as Lambda reports it', async (name, expected) => {
    const output = await invoke(name);

    expect(output.StatusCode).toBe(200);
    expect(output.FunctionError).toBe('Unhandled');
    expect(payload(output)).toMatchObject(expected);
  });

  test('leaves its trace in the log that the caller may ask for', async () => {
    const lines = tail(await invoke('Slow'));

    expect(lines).toMatch(/^START RequestId: \S+ Version: \$LATEST\n/);
    expect(lines).toMatch(/Task timed out after 1\.00 seconds\n/);
    expect(lines).toMatch(
      /REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t.*Status: timeout\n$/,
    );
  });
});

describe('an execution environment', () => {
  test('has exactly the variables of Lambda, and nothing of its parent', async () => {
    vi.stubEnv('SECRET_OF_THE_PARENT', 'must not leak');

    const { env, argv, cwd } = payload(await invoke('Environment'));

    vi.unstubAllEnvs();
    const { NODE_COMPILE_CACHE, AWS_LAMBDA_RUNTIME_API, AWS_SESSION_TOKEN, AWS_SECRET_ACCESS_KEY, ...rest } =
      env;
    expect(argv).toEqual([]);
    expect(NODE_COMPILE_CACHE).toContain('compile-cache');
    expect(AWS_LAMBDA_RUNTIME_API).toMatch(/^127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
    expect([AWS_SESSION_TOKEN, AWS_SECRET_ACCESS_KEY].every(Boolean)).toBe(true);
    expect(rest).toEqual({
      GREETING: 'hello',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'Environment',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Environment',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringContaining('[$LATEST]'),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: cwd,
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_ENDPOINT_URL: running.cloud.endpoint,
      TZ: ':UTC',
      PATH: '/usr/local/bin:/usr/bin:/bin',
    });
  });

  test('has no more heap than its memory size', async () => {
    const limit = payload(await invoke('Heap'));

    expect(limit).toBeLessThan(300 * 2 ** 20);
  });
});

describe('concurrency', () => {
  test('runs events of one function side by side, each in a process of its own', async () => {
    const outputs = await Promise.all([
      invoke('Parallel', { wait: 1000 }),
      invoke('Parallel', { wait: 1000 }),
    ]);

    expect(new Set(outputs.map(payload)).size).toBe(2);
  });

  test('beyond the reservation is throttled', async () => {
    const first = [invoke('Parallel', { wait: 2000 }), invoke('Parallel', { wait: 2000 })];

    const third = await Promise.all([...first, invoke('Parallel', { wait: 1 })]).catch(
      (error: unknown) => error,
    );

    await Promise.allSettled(first);
    expect(third).toBeInstanceOf(TooManyRequestsException);
    expect(third).toMatchObject({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' });
  });

  test('of zero turns a function off', async () => {
    await expect(invoke('Off')).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      $metadata: { httpStatusCode: 429 },
    });
  });
});
