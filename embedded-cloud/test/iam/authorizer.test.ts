import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authorizer } from '../../src/iam/authorizer.ts';
import { iam } from '../../src/iam/index.ts';
import { Roles } from '../../src/iam/roles.ts';
import { grantUsage } from '../../src/iam/usage.ts';
import type { Principal } from '../../src/service.ts';

const ACCOUNT = '000000000000';
const TRUST = {
  Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
};
const SERVICE: Principal = {
  kind: 'service',
  arn: 'events.amazonaws.com',
  sourceArn: 'arn:aws:events:::rule/r',
};
const ANONYMOUS: Principal = { kind: 'anonymous', arn: 'anonymous' };

/** A role with one inline policy of the given statements, made as the template makes it. */
async function roleWith(statements: unknown[], properties: Record<string, unknown> = {}) {
  const roles = new Roles();
  const provider = iam(roles, ACCOUNT).resources?.['AWS::IAM::Role'];
  const made = await provider?.({
    type: 'AWS::IAM::Role',
    logicalId: 'Worker',
    generatedName: 'App-Worker-12345678',
    definition: {},
    properties: {
      AssumeRolePolicyDocument: TRUST,
      Policies: [{ PolicyName: 'inline', PolicyDocument: { Statement: statements } }],
      ...properties,
    },
  });
  const arn = String(made?.attributes.Arn);
  const authorizer = new Authorizer(roles, { accountId: ACCOUNT, region: 'us-east-1' }, Date.now);
  const principal: Principal = { kind: 'role', arn };
  const allows = (action: string, resource: string, options = {}) =>
    authorizer.decide(principal, action, resource, options).allowed;
  return { roles, arn, authorizer, principal, allows };
}

const allow = (Action: string | string[], Resource: string | string[], more = {}) => ({
  ...{ Effect: 'Allow', Action, Resource },
  ...more,
});

describe('identity policies', () => {
  it('allow what they name, and nothing else', async () => {
    const { allows } = await roleWith([allow(['s3:Get*', 'S3:putobject'], 'arn:aws:s3:::bucket/in/*')]);
    expect(allows('s3:GetObject', 'arn:aws:s3:::bucket/in/a/b')).toBe(true);
    expect(allows('s3:PutObject', 'arn:aws:s3:::bucket/in/a')).toBe(true);
    expect(allows('s3:DeleteObject', 'arn:aws:s3:::bucket/in/a')).toBe(false);
    expect(allows('s3:GetObject', 'arn:aws:s3:::bucket/out/a')).toBe(false);
  });

  it('never allow what any statement denies, however much is allowed and in whatever order', async () => {
    const action = fc.constantFrom('s3:GetObject', 's3:*', '*', 's3:Get*');
    const resource = fc.constantFrom('*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/k');
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: action,
      Resource: resource,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { maxLength: 6 }), async (statements) => {
        const { allows } = await roleWith(statements);
        const effects = statements.map(({ Effect }) => Effect);
        const expected = effects.includes('Allow') && !effects.includes('Deny');
        expect(allows('s3:GetObject', 'arn:aws:s3:::b/k')).toBe(expected);
      }),
    );
  });

  it('read NotAction and NotResource as everything but', async () => {
    const { allows } = await roleWith([
      { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
      { Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::mine/*' },
    ]);
    expect(allows('iam:PassRole', '*')).toBe(false);
    expect(allows('s3:GetObject', 'arn:aws:s3:::mine/a')).toBe(true);
    expect(allows('s3:GetObject', 'arn:aws:s3:::theirs/a')).toBe(false);
  });

  it('decide by the conditions of each call, also when the same was asked before', async () => {
    const { allows } = await roleWith([
      allow('dynamodb:GetItem', '*', {
        Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['a'] } },
      }),
    ]);
    expect(allows('dynamodb:GetItem', 't', { values: { 'dynamodb:LeadingKeys': ['a'] } })).toBe(true);
    expect(allows('dynamodb:GetItem', 't', { values: { 'dynamodb:LeadingKeys': ['b'] } })).toBe(false);
  });

  it('fill in the tags of the role', async () => {
    const { allows } = await roleWith([allow('s3:GetObject', `arn:aws:s3:::b/\${aws:PrincipalTag/team}/*`)], {
      Tags: [{ Key: 'team', Value: 'core' }],
    });
    expect(allows('s3:GetObject', 'arn:aws:s3:::b/core/x')).toBe(true);
    expect(allows('s3:GetObject', 'arn:aws:s3:::b/other/x')).toBe(false);
  });

  it('allow no more than the permissions boundary does', async () => {
    const { allows } = await roleWith([allow('*', '*')], {
      PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    });
    expect(allows('s3:GetObject', 'arn:aws:s3:::b/k')).toBe(true);
    expect(allows('s3:PutObject', 'arn:aws:s3:::b/k')).toBe(false);
  });

  it('are refused when they are malformed, or an AWS managed policy is not known', async () => {
    await expect(roleWith([{ Effect: 'Maybe', Action: '*', Resource: '*' }])).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
    });
    const { allows } = await roleWith([], { ManagedPolicyArns: ['arn:aws:iam::aws:policy/Unheard'] });
    expect(() => allows('s3:GetObject', '*')).toThrow('Unheard');
  });
});

describe('resource policies', () => {
  const policyFor = (Principal: unknown, Effect = 'Allow', more = {}) => ({
    Statement: [{ Effect, Principal, Action: 's3:GetObject', Resource: '*', ...more }],
  });

  it('let a role in that has no policy of its own, but not by naming the account', async () => {
    const { arn, allows } = await roleWith([]);
    const asked = (document: unknown) => allows('s3:GetObject', 'r', { resourcePolicies: [document] });
    expect(asked(policyFor({ AWS: arn }))).toBe(true);
    expect(asked(policyFor({ AWS: `arn:aws:iam::${ACCOUNT}:root` }))).toBe(false);
    expect(asked(policyFor({ AWS: 'arn:aws:iam::000000000000:role/other' }))).toBe(false);
  });

  it('deny over an allow of the identity, and over the operator', async () => {
    const { authorizer, allows } = await roleWith([allow('*', '*')]);
    const document = policyFor('*', 'Deny');
    const operator: Principal = { kind: 'operator', arn: `arn:aws:iam::${ACCOUNT}:user/operator` };
    expect(allows('s3:GetObject', 'r', { resourcePolicies: [document] })).toBe(false);
    expect(authorizer.decide(operator, 's3:GetObject', 'r', { resourcePolicies: [document] }).allowed).toBe(
      false,
    );
    expect(authorizer.decide(operator, 's3:GetObject', 'r').allowed).toBe(true);
  });

  it('take loopback for TLS, as CDK enforces TLS by denying everything without', async () => {
    const { allows } = await roleWith([allow('*', '*')]);
    const document = policyFor('*', 'Deny', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(allows('s3:GetObject', 'r', { resourcePolicies: [document] })).toBe(true);
  });

  it('let AWS services in by name and by the resource that they act for', async () => {
    const { authorizer } = await roleWith([]);
    const document = policyFor({ Service: 'events.amazonaws.com' }, 'Allow', {
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:::rule/*' } },
    });
    const asked = (principal: Principal, documents?: unknown[]) =>
      authorizer.decide(principal, 's3:GetObject', 'r', documents && { resourcePolicies: documents }).allowed;
    expect(asked(SERVICE, [document])).toBe(true);
    expect(asked({ ...SERVICE, sourceArn: 'arn:aws:s3:::other' }, [document])).toBe(false);
    expect(asked({ ...SERVICE, arn: 's3.amazonaws.com' }, [document])).toBe(false);
    expect(asked(SERVICE, [])).toBe(false);
    expect(asked(SERVICE)).toBe(true);
  });

  it('are the only way in for anyone without credentials', async () => {
    const { authorizer } = await roleWith([]);
    expect(authorizer.decide(ANONYMOUS, 's3:GetObject', 'r').allowed).toBe(false);
    const open = authorizer.decide(ANONYMOUS, 's3:GetObject', 'r', { resourcePolicies: [policyFor('*')] });
    expect(open.allowed).toBe(true);
  });
});

describe('trust policies', () => {
  it('admit the service that they name, and no other', async () => {
    const { authorizer, arn } = await roleWith([]);
    expect(authorizer.mayAssume(arn, { kind: 'service', arn: 'lambda.amazonaws.com' })).toBe(true);
    expect(authorizer.mayAssume(arn, { kind: 'service', arn: 'states.amazonaws.com' })).toBe(false);
  });
});

describe('a trust policy that guards against confused deputies', () => {
  it('admits a service that acts for this account, and not for another', async () => {
    const trustFor = (account: string) => ({
      AssumeRolePolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'states.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': account } },
        },
      },
    });
    for (const [account, admitted] of [
      [ACCOUNT, true],
      ['111111111111', false],
    ] as const) {
      const { authorizer, arn } = await roleWith([], trustFor(account));
      expect(authorizer.mayAssume(arn, { kind: 'service', arn: 'states.amazonaws.com' })).toBe(admitted);
    }
  });
});

describe('the permissions report', () => {
  it('counts for each granted pair of action and resource the calls that needed it', async () => {
    const { allows, roles } = await roleWith([
      allow(['s3:GetObject', 's3:PutObject'], ['arn:aws:s3:::b/*', 'arn:aws:s3:::c/*'], { Sid: 'Objects' }),
    ]);
    allows('s3:GetObject', 'arn:aws:s3:::b/1');
    allows('s3:GetObject', 'arn:aws:s3:::b/2');
    allows('s3:DeleteObject', 'arn:aws:s3:::b/2');
    const counts = grantUsage(roles).map(({ action, resource, count }) => [action, resource, count]);
    expect(counts).toEqual([
      ['s3:GetObject', 'arn:aws:s3:::b/*', 2],
      ['s3:GetObject', 'arn:aws:s3:::c/*', 0],
      ['s3:PutObject', 'arn:aws:s3:::b/*', 0],
      ['s3:PutObject', 'arn:aws:s3:::c/*', 0],
    ]);
  });

  it('does not count a question without a call', async () => {
    const { authorizer, principal, roles } = await roleWith([allow('s3:GetObject', '*')]);

    const decision = authorizer.decide(principal, 's3:GetObject', 'r', { probe: true });

    expect(decision.allowed).toBe(true);
    expect(grantUsage(roles).map(({ count }) => count)).toEqual([0]);
  });

  it('does not count a grant whose condition did not hold', async () => {
    const { allows, roles } = await roleWith([
      allow('s3:GetObject', '*', { Condition: { StringEquals: { 's3:prefix': 'x' } } }),
    ]);
    allows('s3:GetObject', 'r');
    expect(grantUsage(roles).map(({ count }) => count)).toEqual([0]);
  });
});
