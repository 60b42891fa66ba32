import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs, unless } from 'embedded-cloud/test-kit/tools.ts';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ROOT, sharedAssembly } from '../system/assembly.ts';
import { programs } from './python.ts';

const Finding = z.object({ Message: z.string(), Rule: z.object({ Id: z.string() }) });
type Finding = z.infer<typeof Finding>;

/** What it finds and is right as it is. */
const KNOWN: readonly ((finding: Finding) => boolean)[] = [
  // CDK names what a resource needs, also where a reference already says so.
  ({ Rule: { Id: id } }) => id === 'W3005',
  // It takes numbers alone where JSONata may give one ("Task workflow state", "Map workflow state": TimeoutSeconds,
  // MaxConcurrency).
  ({ Rule: { Id: id }, Message: message }) => id === 'E3601' && /^'\{%.*%\}' is not of type/.test(message),
  // A service of the embedded cloud. Its policies are made only where a parameter allows it, which on AWS none does.
  ({ Rule: { Id: id }, Message: message }) =>
    id === 'W3037' && message.startsWith("'processes' is not one of"),
];

/** The region in which a resource type does not exist. */
const missingIn = ({ Message: message }: Finding) => /does not exist in '([\w-]+)'/.exec(message)?.[1];

describe('the template', needs('python3'), () => {
  const found = programs();

  test(
    'is one that CloudFormation’s schemas allow, in every region but those that the documentation names',
    unless('lacks' in found ? found.lacks : undefined),
    async () => {
      const template = join(await sharedAssembly(), 'Staithe.template.json');
      const linter = join('bin' in found ? found.bin : '', 'cfn-lint');

      const { stdout, stderr } = spawnSync(
        linter,
        ['--format', 'json', '--regions', 'ALL_REGIONS', '--', template],
        { encoding: 'utf8' },
      );

      expect(stderr).toBe('');
      const findings = z.array(Finding).parse(JSON.parse(stdout));
      const regions = new Set(findings.map(missingIn).filter((region) => region !== undefined));
      const others = findings.filter((one) => missingIn(one) === undefined && !KNOWN.some((is) => is(one)));
      expect(others).toEqual([]);
      const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
      const named =
        /any region that has CodeBuild\. (.*): Staithe cannot be deployed there/.exec(page)?.[1] ?? '';
      expect([...named.matchAll(/`([\w-]+)`/g)].map(([, region]) => region).sort()).toEqual(
        [...regions].sort(),
      );
    },
  );
});
