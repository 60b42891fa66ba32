/** A session's own policy, held against what AWS documents: the intersection, and a deny anywhere wins. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Authorizer } from '../../src/iam/authorizer.ts';
import { iam } from '../../src/iam/index.ts';
import { Roles } from '../../src/iam/roles.ts';

const ACCOUNT = '000000000000';
const ACTION = 's3:GetObject';
const RESOURCE = 'arn:aws:s3:::b/k';

type Effect = 'Allow' | 'Deny';
/** Statements that speak about the request, and such as do not. */
const statement = fc.record({
  Effect: fc.constantFrom<Effect>('Allow', 'Deny'),
  Action: fc.constantFrom('s3:Get*', '*', ACTION, 's3:PutObject'),
  Resource: fc.constantFrom('*', 'arn:aws:s3:::b/*', RESOURCE, 'arn:aws:s3:::other/*'),
});
const statements = fc.array(statement, { maxLength: 4 });
type Statement = typeof statement extends fc.Arbitrary<infer One> ? One : never;

const speaks = ({ Action, Resource }: Statement) =>
  Action !== 's3:PutObject' && Resource !== 'arn:aws:s3:::other/*';
const effectsOf = (all: readonly Statement[]) => all.filter(speaks).map(({ Effect }) => Effect);

async function decide(
  identity: Statement[],
  session: Statement[],
  resourcePolicy: Statement[],
  names: string,
) {
  const roles = new Roles();
  const made = await iam(roles, ACCOUNT).resources?.['AWS::IAM::Role']?.({
    type: 'AWS::IAM::Role',
    logicalId: 'Worker',
    generatedName: 'Worker',
    definition: {},
    properties: {
      AssumeRolePolicyDocument: { Statement: [] },
      Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: identity } }],
    },
  });
  const authorizer = new Authorizer(roles, { accountId: ACCOUNT, region: 'us-east-1' }, Date.now);
  const arn = String(made?.attributes.Arn);
  const sessionPolicy = JSON.stringify({ Statement: session });
  const Principal = { AWS: names === 'role' ? arn : `arn:aws:sts::${ACCOUNT}:assumed-role/Worker/s` };
  const resourcePolicies = [{ Statement: resourcePolicy.map((one) => ({ ...one, Principal })) }];
  return authorizer.decide({ kind: 'role', arn, session: 's', sessionPolicy }, ACTION, RESOURCE, {
    resourcePolicies,
  }).allowed;
}

it('allows what role and session both allow, and nothing that either denies', async () => {
  await fc.assert(
    fc.asyncProperty(statements, statements, async (identity, session) => {
      const [own, narrowing] = [effectsOf(identity), effectsOf(session)];
      const expected =
        own.includes('Allow') && narrowing.includes('Allow') && ![...own, ...narrowing].includes('Deny');

      expect(await decide(identity, session, [], 'role')).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

it('narrows what a resource grants to the role; what it grants to the session by name stands', async () => {
  const names = fc.constantFrom('role', 'session');
  await fc.assert(
    fc.asyncProperty(statements, statements, statements, names, async (identity, session, resource, who) => {
      const all = [identity, session, resource].map(effectsOf);
      const [own = [], narrowing = [], granted = []] = all;
      const byName = who === 'session' && granted.includes('Allow');
      const bySum = narrowing.includes('Allow') && (own.includes('Allow') || granted.includes('Allow'));
      const expected = !all.flat().includes('Deny') && (byName || bySum);

      expect(await decide(identity, session, resource, who)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
