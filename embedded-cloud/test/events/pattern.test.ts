import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileEventPattern } from '../../src/events/pattern/match.ts';

/** The instance event of the EventBridge user guide. */
const INSTANCE = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '111122223333',
  time: '2017-12-22T18:43:48Z',
  region: 'us-west-1',
  resources: ['arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0'],
  detail: {
    'instance-id': 'i-1234567890abcdef0',
    state: 'terminated',
    count: 5,
    limit: 301.8,
    gone: null,
    empty: '',
    on: true,
    nested: { c1: 100 },
    sourceIPAddress: '10.0.0.123',
    ipv6: '2001:db8::1',
    fileName: 'dir/photo.PNG',
    tags: ['a', 'b'],
    items: [
      { name: 'x', size: 1 },
      { name: 'y', size: 2 },
    ],
    none: [],
  },
};

const detail = (pattern: unknown) => ({ detail: pattern });

describe('an event pattern of the user guide', () => {
  it.each([
    ['exact values', { source: ['aws.ec2'], detail: { state: ['terminated', 'stopped'] } }, true],
    ['exact values that are not there', { source: ['aws.s3'] }, false],
    ['an element of an array', { resources: [{ prefix: 'arn:aws:ec2' }] }, true],
    ['any element of several', detail({ tags: ['b'] }), true],
    ['numbers by value', detail({ count: [5] }), true],
    ['no number as a string', detail({ count: ['5'] }), false],
    ['null', detail({ gone: [null] }), true],
    ['null is not empty', detail({ empty: [null] }), false],
    ['empty string', detail({ empty: [''] }), true],
    ['booleans', detail({ on: [true] }), true],
    ['prefix', { time: [{ prefix: '2017-12-22' }] }, true],
    ['prefix without case', detail({ state: [{ prefix: { 'equals-ignore-case': 'TERM' } }] }), true],
    ['suffix', detail({ fileName: [{ suffix: '.PNG' }] }), true],
    ['suffix with case', detail({ fileName: [{ suffix: '.png' }] }), false],
    ['suffix without case', detail({ fileName: [{ suffix: { 'equals-ignore-case': '.png' } }] }), true],
    [
      'equals-ignore-case',
      { 'detail-type': [{ 'equals-ignore-case': 'ec2 instance STATE-change notification' }] },
      true,
    ],
    ['anything-but a value', detail({ state: [{ 'anything-but': 'running' }] }), true],
    ['anything-but the value', detail({ state: [{ 'anything-but': 'terminated' }] }), false],
    ['anything-but a list', detail({ state: [{ 'anything-but': ['running', 'terminated'] }] }), false],
    ['anything-but numbers', detail({ limit: [{ 'anything-but': [100, 200, 300] }] }), true],
    ['anything-but prefix', detail({ state: [{ 'anything-but': { prefix: 'term' } }] }), false],
    ['anything-but prefixes', detail({ state: [{ 'anything-but': { prefix: ['x', 'y'] } }] }), true],
    ['anything-but suffix', detail({ fileName: [{ 'anything-but': { suffix: '.txt' } }] }), true],
    [
      'anything-but suffixes',
      detail({ fileName: [{ 'anything-but': { suffix: ['.txt', '.PNG'] } }] }),
      false,
    ],
    [
      'anything-but without case',
      detail({ state: [{ 'anything-but': { 'equals-ignore-case': ['TERMINATED'] } }] }),
      false,
    ],
    ['anything-but wildcard', detail({ fileName: [{ 'anything-but': { wildcard: '*/lib/*' } }] }), true],
    [
      'anything-but wildcards',
      detail({ fileName: [{ 'anything-but': { wildcard: ['*/lib/*', 'dir/*'] } }] }),
      false,
    ],
    ['anything-but of an absent field', detail({ missing: [{ 'anything-but': 'x' }] }), false],
    ['numeric equality', detail({ limit: [{ numeric: ['=', 301.8] }] }), true],
    ['a numeric range', detail({ count: [{ numeric: ['>', 0, '<=', 5] }] }), true],
    ['outside of a range', detail({ count: [{ numeric: ['>', 5, '<', 9] }] }), false],
    ['cidr', detail({ sourceIPAddress: [{ cidr: '10.0.0.0/24' }] }), true],
    ['cidr of another network', detail({ sourceIPAddress: [{ cidr: '10.1.0.0/24' }] }), false],
    ['cidr of IPv6', detail({ ipv6: [{ cidr: '2001:db8::/32' }] }), true],
    ['exists', detail({ state: [{ exists: true }] }), true],
    ['does not exist', detail({ missing: [{ exists: false }] }), true],
    ['exists is for leaves only', detail({ nested: [{ exists: true }] }), false],
    ['a node that is no leaf does not exist', detail({ nested: [{ exists: false }] }), true],
    ['an empty array does not exist', detail({ none: [{ exists: false }] }), true],
    ['absence holds for all elements', detail({ items: { name: [{ exists: false }] } }), false],
    ['wildcard', detail({ fileName: [{ wildcard: 'dir/*.PNG' }] }), true],
    ['wildcard with too little text', detail({ state: [{ wildcard: 'terminated*d' }] }), false],
    ['fields of one element', detail({ items: { name: ['x'], size: [1] } }), true],
    ['fields of two elements', detail({ items: { name: ['x'], size: [2] } }), false],
    ['$or', { $or: [{ source: ['aws.s3'] }, { detail: { state: ['terminated'] } }] }, true],
    [
      '$or with a sibling that holds',
      { region: ['us-west-1'], $or: [{ source: ['aws.s3'] }, { source: ['aws.ec2'] }] },
      true,
    ],
    [
      '$or with a sibling that does not',
      { region: ['eu-west-1'], $or: [{ source: ['aws.s3'] }, { source: ['aws.ec2'] }] },
      false,
    ],
    [
      '$or within detail',
      detail({ $or: [{ count: [{ numeric: ['>', 10] }] }, { limit: [{ numeric: ['<', 400] }] }] }),
      true,
    ],
    ['names of the prototype', detail({ constructor: [{ exists: true }] }), false],
  ])('matches %s', (_name, pattern, expected) => {
    expect(compileEventPattern(JSON.stringify(pattern))(INSTANCE)).toBe(expected);
  });

  it.each([
    ['no object', '[]', /Filter is not an object/],
    ['no JSON', '{', /not valid JSON/],
    ['nothing', '{}', /Empty event pattern/],
    ['a bare value', '{"source":"aws.ec2"}', /"source" must be an object or an array/],
    ['an empty array', '{"source":[]}', /Empty arrays are not allowed/],
    ['an unknown filter', '{"source":[{"sufix":"x"}]}', /Unrecognized match type sufix/],
    ['two filters in one', '{"source":[{"prefix":"x","suffix":"y"}]}', /Only one key allowed/],
    ['a wrong range', '{"detail":{"a":[{"numeric":["<",5,">",9]}]}}', /Bad numeric range/],
    ['an empty range', '{"detail":{"a":[{"numeric":[">",9,"<",5]}]}}', /Bottom must be less than top/],
    ['a number too large', '{"detail":{"a":[{"numeric":["=",5e10]}]}}', /must be between/],
    ['two stars', '{"source":[{"wildcard":"a**b"}]}', /Consecutive wildcard characters/],
    ['a wrong escape', '{"source":[{"wildcard":"a\\\\b"}]}', /Invalid escape character/],
    ['a wrong network', '{"source":[{"cidr":"10.0.0/8"}]}', /Malformed CIDR/],
    ['null in anything-but', '{"source":[{"anything-but":[null]}]}', /anything but/],
  ])('is refused with %s', (_name, pattern, message) => {
    expect(() => compileEventPattern(pattern)).toThrow(message);
  });
});

describe('every pattern', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));

  it('of the values of an event matches that event, and anything-but of its strings does not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), leaf, { minKeys: 1 }), (fields) => {
        const exact = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, [value]]));
        expect(compileEventPattern({ detail: exact })({ detail: fields })).toBe(true);
        for (const [key, value] of Object.entries(fields)) {
          if (typeof value !== 'string') continue;
          expect(
            compileEventPattern({ detail: { [key]: [{ 'anything-but': value }] } })({ detail: fields }),
          ).toBe(false);
        }
      }),
    );
  });

  it('with wildcards matches what is put in place of them, and what an expression of the same meaning matches', () => {
    const literal = fc.stringMatching(/^[ab/.]{0,3}$/);
    fc.assert(
      fc.property(
        fc.array(literal, { minLength: 2, maxLength: 4 }),
        fc.stringMatching(/^[ab/.]{0,8}$/),
        (parts, text) => {
          const pattern = parts.join('*');
          fc.pre(!pattern.includes('**'));
          const matches = compileEventPattern({ detail: { f: [{ wildcard: pattern }] } });
          expect(matches({ detail: { f: parts.join(text) } })).toBe(true);
          const expression = new RegExp(
            `^${parts.map((part) => part.replaceAll('.', '\\.')).join('.*')}$`,
            's',
          );
          expect(matches({ detail: { f: text } })).toBe(expression.test(text));
        },
      ),
    );
  });

  it('of a numeric range agrees with the comparison', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.integer(), (low, high, value) => {
        fc.pre(low < high);
        const matches = compileEventPattern({ detail: { n: [{ numeric: ['>=', low, '<', high] }] } });
        expect(matches({ detail: { n: value } })).toBe(value >= low && value < high);
      }),
    );
  });
});
