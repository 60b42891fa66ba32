import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { OPERATOR } from '../codebuild/scripted-cloud.ts';
import { FUNCTION, open, payload, setUp } from './listening-rule.ts';

afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

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
