import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Infrastructure, infrastructure } from './template.ts';

let stack: Infrastructure;
beforeAll(async () => {
  stack = await infrastructure();
});

const Trust = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.literal('Allow'),
        Action: z.string(),
        Principal: z.object({ AWS: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }) }),
      }),
    ),
  }),
});

describe('the role that pushes images', () => {
  it('is taken on by the function of images, and by nobody else', () => {
    const [role, ...others] = stack.of('AWS::IAM::Role').filter(([id]) => id.startsWith('RegistryPushRole'));
    const { Statement } = Trust.parse(role?.[1].Properties).AssumeRolePolicyDocument;

    expect(others).toEqual([]);
    expect(Statement).toHaveLength(1);
    expect(Statement[0]?.Principal.AWS['Fn::GetAtt'][0]).toMatch(/^ApiimagesRole/);
    const assuming = stack.statements.filter(({ Action }) => Action.includes('sts:AssumeRole'));
    expect(assuming).toEqual([]);
  });

  it('pushes and pulls below the prefix of the installation, and can delete nothing', () => {
    const its = stack.statements.filter(({ role }) => role.startsWith('RegistryPushRole'));
    const [onAll, onRepositories, ...more] = its;

    expect(more).toEqual([]);
    expect(onAll).toMatchObject({ Action: ['ecr:GetAuthorizationToken'], Resource: '*' });
    expect(JSON.stringify(onRepositories?.Resource)).toContain(':repository/staithe/*');
    expect(onRepositories?.Action.filter((action) => /Delete|Policy|Create|Tag/.test(action))).toEqual([]);
  });
});

it('repositories are made by the function of images alone, and deleted by the one that removes projects', () => {
  const actions = (wanted: RegExp) =>
    stack.statements.filter(({ Action }) => Action.some((action) => wanted.test(action)));

  expect(actions(/^ecr:CreateRepository$/).map(({ role }) => role)).toEqual([
    expect.stringMatching(/^ApiimagesRole/),
  ]);
  expect(actions(/^ecr:.*(Delete|RepositoryPolicy)/).map(({ role, Action }) => [role, ...Action])).toEqual([
    // Lambda adds itself to a repository's policy with the permission of whoever deploys an image.
    [expect.stringMatching(/^DeploymentsStepsRole/), 'ecr:GetRepositoryPolicy', 'ecr:SetRepositoryPolicy'],
    [expect.stringMatching(/^DeletionsRemoverRole/), 'ecr:DeleteRepository'],
  ]);
});
