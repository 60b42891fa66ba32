import { describe, expect, it } from 'vitest';
import { compileCondition } from '../../src/iam/conditions.ts';

type Values = Record<string, string[]>;

function holds(operator: string, key: string, expected: string[], values: Values): boolean {
  return compileCondition({ [operator]: { [key]: expected } })((name) => values[name]);
}

/** Operator, what the policy says, what the request has, and whether the condition holds. */
const CASES: [operator: string, expected: string[], actual: string[] | undefined, holds: boolean][] = [
  ['StringEquals', ['a', 'b'], ['b'], true],
  ['StringEquals', ['a*'], ['ab'], false],
  ['StringEquals', ['a'], undefined, false],
  ['StringNotEquals', ['a', 'b'], ['b'], false],
  ['StringNotEquals', ['a'], undefined, true],
  ['StringEqualsIgnoreCase', ['TEAM'], ['team'], true],
  ['StringNotEqualsIgnoreCase', ['TEAM'], ['team'], false],
  ['StringLike', ['a*c'], ['abbc'], true],
  ['StringNotLike', ['a*c'], ['abbc'], false],
  ['StringEqualsIfExists', ['a'], undefined, true],
  ['StringEqualsIfExists', ['a'], ['b'], false],
  ['ArnLike', ['arn:aws:s3:::logs-*'], ['arn:aws:s3:::logs-1'], true],
  ['ArnLike', ['arn:aws:*:queue'], ['arn:aws:sqs:us-east-1:1:queue'], false],
  ['ArnEquals', ['arn:aws:sqs:*:1:queue'], ['arn:aws:sqs:us-east-1:1:queue'], true],
  ['ArnNotLike', ['arn:aws:sqs:*:1:queue'], ['arn:aws:sqs:us-east-1:1:queue'], false],
  ['NumericLessThanEquals', ['10'], ['10'], true],
  ['NumericLessThan', ['10'], ['10'], false],
  ['NumericNotEquals', ['10'], ['11'], true],
  ['NumericGreaterThan', ['9'], ['10'], true],
  ['DateLessThan', ['2026-01-01T00:00:00Z'], ['2025-12-31T23:59:59Z'], true],
  ['DateGreaterThan', ['2026-01-01T00:00:00Z'], ['1767225601'], true],
  ['Bool', ['true'], ['true'], true],
  ['Bool', ['false'], ['true'], false],
  ['Null', ['true'], undefined, true],
  ['Null', ['false'], undefined, false],
  ['IpAddress', ['127.0.0.0/8'], ['127.0.0.1'], true],
  ['NotIpAddress', ['127.0.0.0/8'], ['127.0.0.1'], false],
  ['IpAddress', ['10.0.0.0/8'], ['127.0.0.1'], false],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a'], undefined, true],
  ['ForAnyValue:StringLike', ['a*'], ['c', 'ab'], true],
  ['ForAnyValue:StringEquals', ['a'], undefined, false],
  ['ForAllValues:StringNotEquals', ['a'], ['b', 'c'], true],
];

describe('conditions', () => {
  it.each(CASES)('%s %j of %j is %s', (operator, expected, actual, answer) => {
    const values: Values = actual === undefined ? {} : { 'test:key': actual };
    expect(holds(operator, 'Test:Key', expected, values)).toBe(answer);
  });

  it('hold only when all operators and all keys do', () => {
    const condition = compileCondition({
      StringEquals: { 'test:a': ['1'], 'test:b': ['2'] },
      Bool: { 'aws:SecureTransport': ['true'] },
    });
    const values: Values = { 'test:a': ['1'], 'test:b': ['2'], 'aws:securetransport': ['true'] };
    expect(condition((key) => values[key])).toBe(true);
    for (const key of Object.keys(values)) {
      expect(condition((name) => (name === key ? ['other'] : values[name]))).toBe(false);
    }
  });

  it('refuse an operator that IAM does not have', () => {
    expect(() => compileCondition({ StringMatches: { a: ['b'] } })).toThrow('StringMatches');
  });
});
