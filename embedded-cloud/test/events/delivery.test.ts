import { afterEach, describe, expect, it } from 'vitest';
import { logs } from '../../src/logs/index.ts';
import { AwsError } from '../../src/service.ts';
import { eventually } from '../../test-kit/patience.ts';
import { OPERATOR, ROLE } from '../codebuild/scripted-cloud.ts';
import { FUNCTION, open, payload, setUp } from './listening-rule.ts';

afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
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
