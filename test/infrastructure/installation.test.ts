import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { stackNameFrom, synthesize } from '../../lib/infrastructure/app.ts';
import { sharedAssembly } from '../system/assembly.ts';
import { type AskedFor, askedFor } from './deployed.ts';
import { infrastructure } from './template.ts';

/** Properties that name a resource in the account and region. */
const NAME = /^(Name|DBName|\w+(?<!Stage|Operation|Metric|Function|Table)Name)$/;
/** An inline policy's name is its role's affair. */
const WITHIN_ANOTHER: ReadonlySet<string> = new Set(['AWS::IAM::Policy']);

function names(asked: readonly AskedFor[]): string[] {
  return asked
    .filter(({ type }) => !WITHIN_ANOTHER.has(type))
    .flatMap(({ type, properties }) =>
      Object.entries(properties)
        .filter(([key, value]) => NAME.test(key) && typeof value === 'string')
        .map(([key, value]) => `${type} ${key} ${value}`),
    );
}

const Report = z.object({
  pluginReports: z.array(z.looseObject({ pluginName: z.string(), violations: z.array(z.unknown()) })),
});
const Parameters = z.looseObject({
  Parameters: z.looseObject({
    FunctionPrefix: z.looseObject({ Default: z.string(), AllowedPattern: z.string() }),
  }),
});

/** 32 characters. */
const LONGEST = 'Second-and-with-the-longest-name';

describe('a second installation in one account and region, bootstrapped under a qualifier of its own', () => {
  let read: (file: string) => unknown;
  let first: readonly AskedFor[];
  let other: readonly AskedFor[];
  beforeAll(async () => {
    first = await askedFor(await sharedAssembly());
    const outdir = mkdtempSync(join(inject('runFolder'), 'second-'));
    const context = { stackName: LONGEST, '@aws-cdk/core:bootstrapQualifier': 'acme' };
    const assembly = await synthesize({ outdir, context });
    read = (file) => JSON.parse(readFileSync(join(assembly, file), 'utf8'));
    other = await askedFor(assembly);
  });

  it('shares no name with the first', () => {
    expect(names(first).length).toBeGreaterThan(5);
    expect(names(first).filter((name) => names(other).includes(name))).toEqual([]);
  });

  it('has its name wherever the first has its own: secrets, registry, logs, the bus, the agent', () => {
    const text = JSON.stringify(other);

    expect(text).not.toMatch(/Staithe[-/]|staithe\//);
    for (const name of ['/projects', '-agent-']) expect(text).toContain(`${LONGEST}${name}`);
    for (const name of [`${LONGEST.toLowerCase()}/*`, `/aws/vendedlogs/${LONGEST}/api`])
      expect(text).toContain(name);
  });

  it('has no finding of cdk-nag that is not acknowledged', () => {
    const { pluginReports } = Report.parse(read('validation-report.json'));

    expect(pluginReports.find(({ pluginName }) => pluginName === 'AwsSolutions')?.violations).toEqual([]);
  });

  it('may have the longest name: CloudFormation takes what its parameters are by default', () => {
    const { FunctionPrefix } = Parameters.parse(read(`${LONGEST}.template.json`)).Parameters;

    expect(FunctionPrefix.Default).toBe(`${LONGEST.toLowerCase()}-`);
    expect(FunctionPrefix.Default).toMatch(new RegExp(`^(?:${FunctionPrefix.AllowedPattern})$`));
    expect(stackNameFrom(LONGEST)).toBe(LONGEST);
    expect(() => stackNameFrom(`${LONGEST}s`)).toThrow();
  });

  it.each(['', '9lives', 'a b', 'x'.repeat(33)])('is refused under the name %j', (stackName) => {
    expect(() => stackNameFrom(stackName)).toThrow(/The context 'stackName' is ".*"; it must begin/);
  });
});

describe('a deployment', () => {
  it('never changes the API twice at once: its parts depend on each other, one by one', async () => {
    const { json } = await infrastructure();
    const parts = Object.entries(json.Resources).filter(([, { Type }]) =>
      /^AWS::ApiGatewayV2::(Integration|Route|Stage)$/.test(Type),
    );
    const ids = new Set(parts.map(([id]) => id));
    const before = parts.map(([, resource]) =>
      z
        .array(z.string())
        .default([])
        .parse(resource.DependsOn)
        .filter((id) => ids.has(id)),
    );

    // One begins, and each other waits for one that no other waits for: that is one line of them all.
    expect(before.filter((waits) => waits.length === 0)).toHaveLength(1);
    expect(new Set(before.flat()).size).toBe(parts.length - 1);
    expect(before.flat()).toHaveLength(parts.length - 1);
  });

  it('leaves earlier agents readable, for builds that wait in a queue', async () => {
    const { statements, read } = await infrastructure();
    const Files = z.object({
      files: z.record(
        z.string(),
        z.object({ destinations: z.record(z.string(), z.object({ objectKey: z.string() })) }),
      ),
    });
    const keys = Object.values(Files.parse(JSON.parse(read('Staithe.assets.json'))).files).flatMap(
      ({ destinations }) => Object.values(destinations).map(({ objectKey }) => objectKey),
    );
    const reads = statements.filter(
      ({ role, Action }) => role.startsWith('BuildsMachines') && Action.includes('s3:GetObject'),
    );

    expect(keys.filter((key) => key.startsWith('Staithe-agent-'))).toHaveLength(1);
    expect(reads).toHaveLength(1);
    expect(JSON.stringify(reads[0]?.Resource)).toMatch(/\/Staithe-agent-\*"/);
  });

  it('that is taken back at its first try leaves no bucket behind, and a later one none without its bytes', async () => {
    const { of } = await infrastructure();
    const policies = of('AWS::S3::Bucket').map(([, { DeletionPolicy, UpdateReplacePolicy }]) => [
      DeletionPolicy,
      UpdateReplacePolicy,
    ]);

    expect(policies).toEqual([
      ['RetainExceptOnCreate', 'Retain'],
      ['RetainExceptOnCreate', 'Retain'],
      ['RetainExceptOnCreate', 'Retain'],
    ]);
  });
});
