import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AllowedCompute, LAMBDA_COMPUTE_REGIONS } from '../../lib/aws/codebuild/allowed.ts';
import { sharedAssembly } from '../system/assembly.ts';
import { type AskedFor, askedFor } from './deployed.ts';

const Environment = z.object({ Variables: z.object({ STAITHE_COMPUTE: z.string().optional() }) });

function look(asked: readonly AskedFor[]) {
  const projects = asked.filter(({ type }) => type === 'AWS::CodeBuild::Project');
  const offers = asked
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .flatMap(({ properties }) => Environment.safeParse(properties.Environment).data?.Variables ?? [])
    .flatMap(({ STAITHE_COMPUTE: offer }) =>
      offer === undefined ? [] : [AllowedCompute.parse(JSON.parse(offer))],
    );
  return { projects: projects.map(({ logicalId }) => logicalId), offers };
}

describe('compute by region', () => {
  let assembly: string;
  beforeAll(async () => {
    assembly = await sharedAssembly();
  });

  it.each(LAMBDA_COMPUTE_REGIONS)(
    'Lambda compute is offered in %s, with a project to run it',
    async (region) => {
      const { projects, offers } = look(await askedFor(assembly, region));

      expect(projects).toHaveLength(3);
      expect(offers.length).toBeGreaterThan(0);
      for (const { allow } of offers) expect(allow).toContain('lambda-4gb');
    },
  );

  it.each(['eu-north-1', 'us-west-1', 'ca-central-1'])(
    'neither is there in %s, which has none, and everything else is',
    async (region) => {
      const asked = await askedFor(assembly, region);
      const { projects, offers } = look(asked);

      expect(projects).toHaveLength(2);
      for (const { allow } of offers) expect(allow).toEqual(['small', 'medium', 'large']);
      expect(asked).toHaveLength((await askedFor(assembly)).length - 1);
    },
  );
});
