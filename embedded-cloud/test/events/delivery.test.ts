import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { events } from '../../src/events/index.ts';
import { targetInput } from '../../src/events/target-input.ts';
import { logs } from '../../src/logs/index.ts';
import { AwsError } from '../../src/service.ts';
import { eventually } from '../../test-kit/patience.ts';
import { OPERATOR, ROLE, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:listener';
const open: ScriptedCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

async function setUp(rule: Record<string, unknown> = {}, folder?: string) {
  const cloud = folder === undefined ? scriptedCloud() : scriptedCloud(folder);
  open.push(cloud);
  cloud.answers.set('lambda:Invoke', () => ({ StatusCode: 202 }));
  cloud.add(events(cloud));
  const made = await cloud.provide('AWS::Events::Rule', {
    Name: 'listen',
    EventPattern: { source: ['shop'] },
    Targets: [{ Id: 'T0', Arn: FUNCTION }],
    ...rule,
  });
  const put = (...entries: Record<string, unknown>[]) =>
    cloud.as(OPERATOR)('events', 'PutEvents', {
      Entries: entries.map((entry) => ({ Source: 'shop', DetailType: 'order', Detail: '{"n":1}', ...entry })),
    });
  const invoked = () => cloud.calls.filter((call) => call.action === 'Invoke');
  return { cloud, made, put, invoked, start: async () => cloud.service('events').start?.() };
}

const payload = (call: { input: Record<string, unknown> } | undefined) =>
  z.looseObject({ detail: z.looseObject({}) }).parse(JSON.parse(String(call?.input.Payload)));

describe('PutEvents', () => {
  it('brings an event in the envelope of EventBridge to the function of the rule, as the events service', async () => {
    const { put, invoked, start, made } = await setUp();
    await start();

    await put({ Resources: ['r'], Time: 1_700_000_000 });

    await eventually(() => expect(invoked()).toHaveLength(1));
    expect(invoked()[0]?.principal).toEqual({
      kind: 'service',
      arn: 'events.amazonaws.com',
      sourceArn: made.attributes.Arn,
    });
    expect(invoked()[0]?.input).toMatchObject({ FunctionName: FUNCTION, InvocationType: 'Event' });
    expect(payload(invoked()[0])).toEqual({
      ...{
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'order',
        source: 'shop',
      },
      ...{ account: '123456789012', time: '2023-11-14T22:13:20Z', region: 'eu-central-1', resources: ['r'] },
      detail: { n: 1 },
    });
  });

  it('answers each entry by itself', async () => {
    const { put, cloud } = await setUp();

    const answer = await put(
      {},
      { Source: 'aws.s3' },
      { Detail: '{' },
      { DetailType: undefined },
      { EventBusName: 'none' },
    );

    expect(answer).toEqual({
      FailedEntryCount: 3,
      Entries: [
        { EventId: expect.any(String) },
        { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
        { ErrorCode: 'InvalidArgument', ErrorMessage: expect.stringContaining('DetailType') },
        { EventId: expect.any(String) },
      ],
    });
    expect(cloud.logged.join()).toContain("the bus 'none', which does not exist");
  });

  it('takes at most ten entries and 256 KB', async () => {
    const { put } = await setUp();

    await expect(put(...Array.from({ length: 11 }, () => ({})))).rejects.toMatchObject({
      code: 'ValidationException',
    });
    await expect(put({ Detail: JSON.stringify({ x: 'x'.repeat(262_144) }) })).rejects.toThrow(
      /over the limit/,
    );
  });

  it('asks for events:PutEvents on the bus, with source and detail type', async () => {
    const { put, cloud } = await setUp();

    await put({});

    expect(cloud.authorized.at(-1)).toMatchObject({
      action: 'events:PutEvents',
      resource: 'arn:aws:events:eu-central-1:123456789012:event-bus/default',
      values: { 'events:source': 'shop', 'events:detail-type': 'order' },
    });
  });

  it('leaves events of AWS to its services', async () => {
    const { cloud, invoked, start } = await setUp({ EventPattern: { source: ['aws.s3'] } });
    await start();
    const input = { Entries: [{ Source: 'aws.s3', DetailType: 'Object Created', Detail: '{}' }] };

    await expect(cloud.as(OPERATOR)('events', 'PutServiceEvents', input)).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
    await cloud.as({ kind: 'service', arn: 's3.amazonaws.com' })('events', 'PutServiceEvents', input);

    await eventually(() => expect(invoked()).toHaveLength(1));
  });
});

describe('delivery', () => {
  it('continues after a crash with what was acknowledged and not delivered, in order', async () => {
    const first = await setUp();
    // Not started: as if killed between the acknowledgement and the delivery.
    await first.put({ Detail: '{"n":1}' }, { Detail: '{"n":2}' }, { Detail: '{"n":3}' });

    const second = await setUp({}, first.cloud.folder);
    await second.start();

    await eventually(() => expect(second.invoked()).toHaveLength(3));
    expect(second.invoked().map((call) => payload(call).detail.n)).toEqual([1, 2, 3]);
  });

  it('tries again after an error, later and later, and does not hold other targets up', async () => {
    const { cloud, put, start, invoked } = await setUp({
      Targets: [
        { Id: 'bad', Arn: `${FUNCTION}-bad` },
        { Id: 'good', Arn: FUNCTION },
      ],
    });
    let failures = 0;
    cloud.answers.set('lambda:Invoke', (input) => {
      if (input.FunctionName !== FUNCTION && failures < 2) {
        failures += 1;
        throw new AwsError('ServiceException', 'not now', 500);
      }
      return {};
    });
    await start();

    await put({});

    const of = (name: string) => invoked().filter((call) => call.input.FunctionName === name).length;
    await eventually(() => expect(of(FUNCTION)).toBe(1));
    await eventually(() => expect(of(`${FUNCTION}-bad`)).toBe(3));
    expect(cloud.logged).toEqual([]);
  });

  it('gives up at once, and says so, where permission or target are missing', async () => {
    const { cloud, put, start } = await setUp();
    cloud.answers.set('lambda:Invoke', () => {
      throw new AwsError('AccessDeniedException', 'no permission');
    });
    await start();

    await put({});

    await eventually(() => expect(cloud.logged.join()).toMatch(/gave up on .*listener.*no permission/));
  });

  it('starts a state machine as the role of the target, under a name that makes a repeat harmless', async () => {
    const machine = 'arn:aws:states:eu-central-1:123456789012:stateMachine:flow';
    const { cloud, put, start } = await setUp({
      Targets: [{ Id: 'T0', Arn: machine, RoleArn: ROLE, InputPath: '$.detail' }],
    });
    cloud.answers.set('states:StartExecution', () => ({}));
    await start();

    await put({});

    await eventually(() => expect(cloud.calls).toHaveLength(1));
    expect(cloud.calls[0]).toMatchObject({
      principal: { kind: 'role', arn: ROLE },
      input: { stateMachineArn: machine, input: '{"n":1}', name: expect.stringMatching(/^[\w-]{1,80}$/) },
    });
  });

  it('writes to a log group, and to another bus whose rules see the event unchanged', async () => {
    const group = 'arn:aws:logs:eu-central-1:123456789012:log-group:/events:*';
    const { cloud, put, start } = await setUp({
      Targets: [
        { Id: 'T0', Arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/second', RoleArn: ROLE },
      ],
    });
    cloud.add(logs(cloud));
    await cloud.provide('AWS::Logs::LogGroup', { LogGroupName: '/events' });
    const bus = await cloud.provide('AWS::Events::EventBus', { Name: 'second' });
    const rule = await cloud.provide('AWS::Events::Rule', {
      ...{ Name: 'keep', EventBusName: bus.ref, EventPattern: { source: ['shop'] } },
      Targets: [{ Id: 'T0', Arn: group }],
    });
    await start();

    await put({});

    expect(rule.ref).toBe('second|keep');
    expect(rule.attributes.Arn).toBe('arn:aws:events:eu-central-1:123456789012:rule/second/keep');
    await eventually(async () => {
      const page = await cloud.as(OPERATOR)('logs', 'FilterLogEvents', {
        logGroupName: '/events',
        filterPattern: '{ $.detail.n = 1 }',
      });
      expect(page).toMatchObject({ events: [{ message: expect.stringContaining('"source":"shop"') }] });
    });
  });
});

describe('a rule of the template', () => {
  it.each([
    [
      'arn:aws:kinesis:eu-central-1:123456789012:stream/s',
      /does not implement events:targets of the service 'kinesis'/,
    ],
    ['arn:aws:sns:eu-central-1:123456789012:topic', /'sns'/],
  ])('with the target %s is refused by name', async (Arn, message) => {
    await expect(setUp({ Targets: [{ Id: 'T0', Arn }] })).rejects.toThrow(message);
  });

  it('that is gone at the next start matches no more', async () => {
    const first = await setUp();
    const second = scriptedCloud(first.cloud.folder);
    open.push(second);
    second.add(events(second));
    await second.service('events').start?.();

    expect(await second.as(OPERATOR)('events', 'ListRules', {})).toEqual({ Rules: [] });
  });

  it('with a schedule fires when its time comes, and what was missed while down is not made up', async () => {
    const { cloud, invoked, start } = await setUp({
      EventPattern: undefined,
      ScheduleExpression: 'rate(1 minute)',
    });
    await start();
    const later = Date.now() + 10 * 60_000;
    const restarted = await setUp(
      { EventPattern: undefined, ScheduleExpression: 'rate(1 minute)' },
      cloud.folder,
    );
    restarted.cloud.clock = () => later;
    await restarted.start();
    expect(restarted.invoked()).toEqual([]);

    restarted.cloud.clock = () => later + 61_000;
    await restarted.cloud.as(OPERATOR)('events', 'EnableRule', { Name: 'listen' });

    await eventually(() => expect(restarted.invoked()).toHaveLength(1));
    expect(payload(restarted.invoked()[0])).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
    });
    expect(invoked()).toEqual([]);
  });
});

describe('the input of a target', () => {
  const event = { id: 'e', time: 't', detail: { name: 'a "b"', list: [1, 2], n: 5 } };
  const rule = { arn: 'arn:rule', name: 'rule' };

  it.each([
    [{}, JSON.stringify(event)],
    [{ Input: '{"a":1}' }, '{"a":1}'],
    [{ InputPath: '$.detail.list[1]' }, '2'],
    [
      {
        InputTransformer: {
          InputPathsMap: { n: '$.detail.n', x: '$.detail.name' },
          InputTemplate: '{"n": <n>, "x": <x>, "t": "is <x>!"}',
        },
      },
      '{"n": 5, "x": "a \\"b\\"", "t": "is a \\"b\\"!"}',
    ],
    [
      {
        InputTransformer: {
          InputPathsMap: { no: '$.detail.no' },
          InputTemplate: '"[<no>] <aws.events.rule-name>"',
        },
      },
      '"[] rule"',
    ],
    [
      { InputTransformer: { InputTemplate: '{"all": <aws.events.event.json>}' } },
      `{"all": ${JSON.stringify(event)}}`,
    ],
  ])('is made by %j', (input, expected) => {
    expect(targetInput(input, event, rule)).toBe(expected);
  });
});
