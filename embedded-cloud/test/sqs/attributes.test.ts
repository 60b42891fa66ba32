/** What a message may carry. */

import {
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LettersQueue, lettersQueue, refusal } from './queue.ts';

let queue: LettersQueue;
beforeEach(async () => {
  queue = await lettersQueue();
});
afterEach(() => queue.cloud.stop());

describe('a message', () => {
  test('of too many bytes, or of none, or that no XML could hold, is refused', async () => {
    const Attributes = { MaximumMessageSize: '1024' };
    await queue.client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));

    expect(await refusal(queue.send('x'.repeat(1_024)))).toBe('nothing was refused');
    expect(await refusal(queue.send('x'.repeat(1_025)))).toBe('InvalidParameterValue');
    expect(await refusal(queue.send(''))).toBe('MissingParameter');
    expect(await refusal(queue.send('\u0000'))).toBe('InvalidMessageContents');
  });

  const sendWith = (MessageAttributes: SendMessageCommandInput['MessageAttributes']) =>
    refusal(
      queue.client.send(
        new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'one', MessageAttributes }),
      ),
    );

  test.each([
    ['a', 'String', 'x'],
    ['a.b-c_D9', 'String.label of mine', 'ü'],
    ['awsome', 'Number', '0'],
    ['n', 'Number.float', '-1.50E-3'],
    ['n', 'Number', `0.${'0'.repeat(127)}1`],
    ['n', 'Number', '1e126'],
    ['n', 'Number', `1${'0'.repeat(40)}`],
  ])('takes the attribute %s of type %s: %s', async (name, DataType, StringValue) => {
    expect(await sendWith({ [name]: { DataType, StringValue } })).toBe('nothing was refused');
  });

  test.each([
    ['AWS.trace', 'String', 'x', 'InvalidParameterValue'],
    ['amazon.x', 'String', 'x', 'InvalidParameterValue'],
    ['.a', 'String', 'x', 'InvalidParameterValue'],
    ['a.', 'String', 'x', 'InvalidParameterValue'],
    ['a..b', 'String', 'x', 'InvalidParameterValue'],
    ['ä', 'String', 'x', 'InvalidParameterValue'],
    ['a'.repeat(257), 'String', 'x', 'InvalidParameterValue'],
    ['a', 'Text', 'x', 'InvalidParameterValue'],
    ['a', `String.${'x'.repeat(250)}`, 'x', 'InvalidParameterValue'],
    ['a', '', 'x', 'MissingParameter'],
    ['a', 'String', '', 'InvalidParameterValue'],
    ['a', 'String', '\u0000', 'InvalidMessageContents'],
    ['a', 'Binary', 'x', 'InvalidParameterValue'],
    ['a', 'Number', '', 'InvalidParameterValue'],
    ['a', 'Number', '.', 'InvalidParameterValue'],
    ['a', 'Number', 'twelve', 'InvalidParameterValue'],
    ['a', 'Number', '1e127', 'InvalidParameterValue'],
    ['a', 'Number', '2e126', 'InvalidParameterValue'],
    ['a', 'Number', '1e-129', 'InvalidParameterValue'],
    ['a', 'Number', '1'.repeat(39), 'InvalidParameterValue'],
  ])('with the attribute %s of type %s is refused: %s', async (name, DataType, StringValue, error) => {
    expect(await sendWith({ [name]: { DataType, StringValue } })).toBe(error);
    expect(await queue.receive()).toEqual([]);
  });

  test('with a system attribute is refused, as nothing would be traced', async () => {
    const MessageSystemAttributes = {
      AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' },
    };
    const sent = queue.client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'one', MessageSystemAttributes }),
    );

    await expect(sent).rejects.toThrow(/AWSTraceHeader/);
  });
});
