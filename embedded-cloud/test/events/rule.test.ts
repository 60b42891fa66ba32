import { afterEach, describe, expect, it } from 'vitest';
import { events } from '../../src/events/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { OPERATOR, scriptedCloud } from '../codebuild/scripted-cloud.ts';
import { open, payload, setUp } from './listening-rule.ts';

afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
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
