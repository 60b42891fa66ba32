import { describe, expect, it } from 'vitest';
import { targetInput } from '../../src/events/target-input.ts';

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
