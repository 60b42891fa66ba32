import { describe, expect, it } from 'vitest';
import { createEvaluator } from '../../src/template/intrinsics.ts';
import { pseudoParameters } from '../../src/template/parameters.ts';
import { templateSchema } from '../../src/template/template.ts';

const template = templateSchema.parse({
  Mappings: { Sizes: { 'us-east-1': { small: 128 } } },
  Conditions: {
    Always: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
    Never: { 'Fn::Not': [{ Condition: 'Always' }] },
    Both: { 'Fn::And': [{ Condition: 'Always' }, { Condition: 'Never' }] },
    Either: { 'Fn::Or': [{ Condition: 'Always' }, { Condition: 'Never' }] },
    Circle: { 'Fn::Not': [{ Condition: 'Circle' }] },
  },
  Resources: { Table: { Type: 'AWS::DynamoDB::Table' } },
});

const { evaluate, condition } = createEvaluator({
  template,
  parameters: new Map([
    ...pseudoParameters('App', { accountId: '000000000000', region: 'us-east-1' }),
    ['Stage', 'dev'],
  ]),
  resources: new Map([
    ['Table', { ref: 'table-1', attributes: { Arn: 'arn:table-1', 'Endpoint.Port': 42 } }],
  ]),
  exports: new Map([['Shared', 'value']]),
});

describe('intrinsic functions', () => {
  it.each<[name: string, value: unknown, result: unknown]>([
    ['Ref of a resource', { Ref: 'Table' }, 'table-1'],
    ['Ref of a parameter', { Ref: 'Stage' }, 'dev'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Partition' }, 'aws'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:table-1'],
    ['Fn::GetAtt as text, with a dot in the attribute', { 'Fn::GetAtt': 'Table.Endpoint.Port' }, 42],
    [
      'Fn::Sub',
      { 'Fn::Sub': `\${Table}/\${Table.Arn}/\${AWS::Region}/\${!Kept}` },
      `table-1/arn:table-1/us-east-1/\${Kept}`,
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': [`\${X}-\${Stage}`, { X: { Ref: 'Table' } }] }, 'table-1-dev'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Stage' }, 1]] }, 'a-dev-1'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
    ['Fn::If, true', { 'Fn::If': ['Always', 'yes', { Ref: 'NotThere' }] }, 'yes'],
    ['Fn::If, false', { 'Fn::If': ['Never', 'yes', 'no'] }, 'no'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] }, 128],
    ['Fn::ImportValue', { 'Fn::ImportValue': 'Shared' }, 'value'],
    ['Fn::Base64', { 'Fn::Base64': 'text' }, 'dGV4dA=='],
    ['Fn::GetAZs', { 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
    ['AWS::NoValue in an object', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['AWS::NoValue in a list, behind Fn::If', [{ 'Fn::If': ['Never', 1, { Ref: 'AWS::NoValue' }] }, 2], [2]],
    [
      'a policy condition, which is no function',
      { Condition: { Bool: { a: 'true' } } },
      { Condition: { Bool: { a: 'true' } } },
    ],
  ])('%s', (_, value, result) => {
    expect(evaluate(value)).toEqual(result);
  });

  it('combine conditions', () => {
    expect(['Always', 'Never', 'Both', 'Either'].map(condition)).toEqual([true, false, false, true]);
  });

  it.each<[value: unknown, message: RegExp]>([
    [{ 'Fn::Cidr': ['10.0.0.0/8', 2, 8] }, /does not implement Fn::Cidr/],
    [{ 'Fn::Transform': {} }, /does not implement Fn::Transform/],
    [{ Ref: 'Nowhere' }, /Ref Nowhere/],
    [{ 'Fn::GetAtt': ['Table', 'Color'] }, /Table\.Color.*AWS::DynamoDB::Table has no attribute Color/],
    [{ 'Fn::Select': [5, ['a']] }, /no item 5/],
    [{ 'Fn::ImportValue': 'Missing' }, /exports Missing/],
    [{ 'Fn::If': ['Unheard', 1, 2] }, /no condition Unheard/],
    [{ 'Fn::If': ['Circle', 1, 2] }, /circle: Circle → Circle/],
  ])('refuse by name: %j', (value, message) => {
    expect(() => evaluate(value)).toThrow(message);
  });
});
