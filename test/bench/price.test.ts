import { expect, test } from 'vitest';
import type { CallCount } from '../../bench/messages.ts';
import { LEAST } from '../../bench/price/least.ts';
import { PRICES } from '../../bench/price/prices.ts';
import {
  actions,
  type BuildUsage,
  besidesClient,
  callerOf,
  invocations,
  leastOfThousand,
  nameOf,
  priced,
  thousandBuilds,
  type Usage,
} from '../../bench/price/usage.ts';

const API = 'arn:aws:sts::000000000000:assumed-role/apigateway.amazonaws.com';
const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:Staithe-${name}-1a2B3c`;
const invocation = (name: string, principal: string, count: number): CallCount => ({
  action: 'lambda:InvokeFunction',
  resource: functionArn(name),
  principal,
  count,
});

const build: BuildUsage = {
  calls: [
    invocation('ApibuildsFunction8DFA00B7', API, 2),
    invocation('ApiAuthorizerFunctionAFDFA6FD', API, 1),
    invocation('ApijobsFunction3A208DBD', API, 3),
    invocation('EventsRelayFunction9C9543B5', 'lambda.amazonaws.com', 1),
    { action: 's3:PutObject', resource: 'arn:aws:s3:::bucket/key', principal: 'role', count: 1 },
    { action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key', principal: 'role', count: 3 },
    { action: 'events:PutEvents', resource: 'arn:aws:events:::bus', principal: 'role', count: 8 },
  ],
  capacity: [
    { action: 'PutItem', readUnits: 0, writeUnits: 3, principalArn: 'role' },
    { action: 'GetItem', readUnits: 1, writeUnits: 0, principalArn: 'role' },
  ],
};
/** Beside one of the builds the sweep was due. */
const swept: BuildUsage = {
  ...build,
  calls: [...build.calls, invocation('ReconcilerSweepFunction053538EF', 'events.amazonaws.com', 1)],
};
const USAGE: Usage = {
  builds: [build, swept, build],
  transitions: 15,
  gigabyteSeconds: 0.75,
  loggedBytes: 30_000,
};
const amounts = Object.fromEntries(priced(USAGE).map(({ meter, amount }) => [meter, amount]));

test('a build is what the median of the builds has used, so that a sweep beside one of them is left out', () => {
  expect(amounts).toMatchObject({
    'Lambda: requests': 7,
    'DynamoDB: write units': 3,
    'DynamoDB: read units': 1,
    'Step Functions: transitions': 5,
    'EventBridge: events': 8,
    'S3: PUT, LIST': 1,
    'S3: GET, HEAD': 3,
    'CloudWatch Logs: MB': 0.01,
  });
});

test('an authorizer is no request of its own', () => {
  expect(amounts['API Gateway: requests']).toBe(5);
});

test('a thousand builds cost what each meter counts times its price', () => {
  const transitions = priced({
    ...USAGE,
    builds: USAGE.builds.map(() => ({ calls: [], capacity: [] })),
    gigabyteSeconds: 0,
    loggedBytes: 0,
  });

  const dollars = thousandBuilds(transitions);

  expect(dollars).toBeCloseTo(
    1000 *
      (5 * PRICES['Step Functions: transitions'] + PRICES['X-Ray: traces, if each execution is recorded']),
    10,
  );
});

test('the least possible counts what has no least as it is', () => {
  const lines = priced(USAGE);
  const unbounded = lines.filter(({ least }) => least === undefined);

  const dollars = leastOfThousand(lines);

  const bounded = lines.filter(({ least }) => least !== undefined);
  const expected = bounded.reduce((sum, { least = 0, each }) => sum + least * each * 1000, 0);
  expect(dollars).toBeCloseTo(expected + thousandBuilds(unbounded), 10);
});

test('each meter says why it cannot be less', () => {
  for (const [meter, { reason }] of Object.entries(LEAST)) expect(reason, meter).not.toBe('');
});

test('invocations are told by function and by who invokes', () => {
  expect(invocations(USAGE)).toEqual([
    ['`ApiAuthorizerFunction` | apigateway', 1],
    ['`ApibuildsFunction` | apigateway', 2],
    ['`ApijobsFunction` | apigateway', 3],
    ['`EventsRelayFunction` | lambda', 1],
  ]);
});

test("the client's own requests are no invocations of the build", () => {
  expect(besidesClient(USAGE, /ApibuildsFunction|Authorizer/)).toBe(4);
});

test('calls of AWS are told by action', () => {
  expect(Object.fromEntries(actions(USAGE))).toMatchObject({ '`s3:PutObject`': 1, '`events:PutEvents`': 8 });
});

test('functions and roles are known by their names in the stack', () => {
  expect(nameOf(functionArn('BuildsStepsFunction400BB217'))).toBe('BuildsStepsFunction');
  expect(nameOf('arn:aws:lambda:us-east-1:000000000000:function:other')).toBe('other');
  expect(callerOf('arn:aws:iam::000000000000:role/Staithe-BuildsWorkflowRole1234ABCD-xyz')).toBe(
    'BuildsWorkflowRole',
  );
});
