import { expect, test } from 'vitest';
import { compileFilters } from '../../src/lambda/event-source/filter.ts';

const record = {
  eventName: 'MODIFY',
  dynamodb: {
    NewImage: { kind: { S: 'Order' }, total: { N: '12.5' }, tags: { SS: ['a', 'b'] }, gone: { NULL: true } },
  },
};
const image = (rule: unknown) => ({ dynamodb: { NewImage: rule } });

test.each([
  ['an exact value', { eventName: ['INSERT', 'MODIFY'] }, true],
  ['another value', { eventName: ['REMOVE'] }, false],
  ['all members must match', { eventName: ['MODIFY'], ...image({ kind: { S: ['User'] } }) }, false],
  ['prefix', image({ kind: { S: [{ prefix: 'Or' }] } }), true],
  ['suffix', image({ kind: { S: [{ suffix: 'Or' }] } }), false],
  ['equals-ignore-case', image({ kind: { S: [{ 'equals-ignore-case': 'ORDER' }] } }), true],
  ['anything-but', image({ kind: { S: [{ 'anything-but': ['Order', 'User'] }] } }), false],
  ['anything-but with a prefix', image({ kind: { S: [{ 'anything-but': { prefix: 'Us' } }] } }), true],
  ['anything-but needs the member', image({ none: { S: [{ 'anything-but': ['x'] }] } }), false],
  ['a number within bounds', image({ total: { N: [{ numeric: ['>', 12, '<=', 12.5] }] } }), true],
  ['a number out of bounds', image({ total: { N: [{ numeric: ['>', 12.5] }] } }), false],
  ['exists', image({ kind: { S: [{ exists: true }] } }), true],
  ['does not exist', image({ none: { S: [{ exists: false }] } }), true],
  ['an element of a list', image({ tags: { SS: ['b'] } }), true],
  ['a boolean', image({ gone: { NULL: [true] } }), true],
  [
    '$or beside a member',
    { eventName: ['MODIFY'], $or: [{ x: ['y'] }, image({ kind: { S: ['Order'] } })] },
    true,
  ],
  ['$or without a match', { $or: [{ x: ['y'] }, { eventName: ['INSERT'] }] }, false],
])('%s', (_what, pattern, expected) => {
  expect(compileFilters([JSON.stringify(pattern)])(record)).toBe(expected);
});

test('one of several patterns is enough, and none lets everything through', () => {
  const patterns = ['{"eventName":["INSERT"]}', '{"eventName":["MODIFY"]}'];

  expect(compileFilters(patterns)(record)).toBe(true);
  expect(compileFilters([])(record)).toBe(true);
});

test.each(['no json', '{"a":"not a list"}', '{"a":[{"unknown":1}]}', '{"a":[{"numeric":[1]}]}'])(
  'the pattern %s is refused',
  (pattern) => {
    expect(() => compileFilters([pattern])).toThrow('Invalid filter pattern definition');
  },
);
