import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT } from './imports-of.ts';

/**
 * Who may import whom. The keys are rooms; each room may import itself, `node:` built-ins and what stands beside it:
 * other rooms, files, and packages.
 */
const RULES: Readonly<Record<string, readonly string[]>> = {
  'lib/domain': ['zod', 'yaml'],
  'lib/contract': ['lib/domain', 'zod'],
  'lib/archive': ['yauzl', 'yazl', 'ignore'],
  'lib/aws': ['lib/domain', 'lib/archive', 'zod', '@aws-sdk/*', 'jose', 'ulid'],
  'lib/http': [
    'lib/contract',
    'lib/domain',
    'zod',
    '@middy/core',
    '@aws-lambda-powertools/logger',
    'aws-lambda',
  ],
  functions: [
    'lib/contract',
    'lib/domain',
    'lib/aws',
    'lib/http',
    'stepfunctions',
    'zod',
    'aws-lambda',
    '@aws-sdk/*',
    '@aws-lambda-powertools/logger',
  ],
  stepfunctions: ['lib/domain', 'zod'],
  'lib/infrastructure': [
    'aws-cdk-lib',
    'aws-cdk-lib/*',
    'constructs',
    'cdk-nag',
    'esbuild',
    'yaml',
    'lib/contract',
    'lib/agent/bundle.ts',
    'lib/aws/settings.ts',
    'lib/domain/storage/events.ts',
    'lib/domain/cache/schema.ts',
    'lib/domain/dead-letter/schema.ts',
    'lib/domain/environment/runtimes.ts',
    'lib/domain/storage/keys.ts',
    'lib/domain/ports/workflows.ts',
    'lib/domain/throttling.ts',
    'lib/domain/compute',
  ],
  // What a failure means is decided in one place, by a pure function, where the failure is seen.
  'lib/agent': [
    'lib/contract',
    'lib/archive',
    'lib/domain/*/schema.ts',
    'lib/domain/execution/model/job.ts',
    'lib/domain/execution/model/run.ts',
    'lib/domain/diagnosis',
    'lib/domain/log/ansi.ts',
    'lib/domain/log/marks.ts',
    // What is a secret is told in one place, whoever prints it.
    'lib/domain/mask',
    'lib/domain/matrix.ts',
    'lib/domain/file-name.ts',
    'zod',
    'esbuild',
  ],
  'lib/cli': [
    'lib/contract',
    'lib/archive',
    'lib/domain/*/schema.ts',
    'lib/domain/log/ansi.ts',
    // Words for what people read.
    'lib/domain/matrix.ts',
    'lib/domain/execution/model/build.ts',
    'lib/domain/execution/model/job.ts',
    'lib/domain/execution/model/run.ts',
    'lib/domain/execution/model/counts.ts',
    'lib/domain/values.ts',
    'lib/domain/error.ts',
    'lib/domain/file-name.ts',
    'lib/domain/validation',
    // Pure: a manifest is checked without a server.
    'lib/domain/manifest/index.ts',
    'lib/domain/manifest/json-schema.ts',
    'package.json',
    'commander',
    'zod',
  ],
  // The laptop's front door knows both worlds: the product's contract, and the cloud that runs it.
  'lib/start': [
    'lib/contract',
    'lib/archive',
    'lib/domain/*/schema.ts',
    'lib/domain/execution/model/run.ts',
    'lib/domain/environment/runtimes.ts',
    'embedded-cloud',
    'lib/cli/failure/system-error.ts',
    '@aws-sdk/*',
    'zod',
  ],
  'lib/package': ['lib/archive', 'lib/cli/paths/program.ts', 'esbuild', 'zod'],
  // `dist` is what lib/package makes of the CLI.
  bin: ['lib/infrastructure', 'lib/start', 'lib/cli', 'lib/package', 'dist'],
};

const roomOf = (path: string): string | undefined =>
  Object.keys(RULES).find((room) => path.startsWith(`${room}/`));

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function allows(rule: string, target: string): boolean {
  if (rule.includes('*'))
    return new RegExp(`^${rule.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}(/.*)?$`).test(target);
  return target === rule || target.startsWith(`${rule}/`);
}

function strangersIn(file: string, room: string): string[] {
  return importsOf(file).flatMap((specifier) => {
    if (specifier.startsWith('node:')) return [];
    const target = specifier.startsWith('.')
      ? relative(ROOT, join(ROOT, dirname(file), specifier))
      : specifier;
    if (target.startsWith(`${room}/`) && room !== 'functions') return [];
    const known = (RULES[room] ?? []).some((rule) => allows(rule, target) || allows(rule, packageOf(target)));
    return known ? [] : [`${file} imports ${target}`];
  });
}

const files = globSync(['bin/**/*.{ts,mjs}', 'lib/**/*.ts', 'functions/**/*.ts', 'stepfunctions/**/*.ts'], {
  cwd: ROOT,
});

describe('who may import whom', () => {
  it('every source file stands in a room that has a rule', () => {
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  for (const room of Object.keys(RULES))
    it(`${room} imports only ${(RULES[room] ?? []).join(', ') || 'node: built-ins'}`, () => {
      const own = files.filter((file) => roomOf(file) === room);
      expect(own.length).toBeGreaterThan(0);
      expect(own.flatMap((file) => strangersIn(file, room))).toEqual([]);
    });

  it('no function imports another', () => {
    const functions = files.filter((file) => roomOf(file) === 'functions');
    const crossing = functions.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('./'))
        .map((target) => `${file} imports ${target}`),
    );
    expect(crossing).toEqual([]);
  });

  it('nothing in functions, domain or aws asks whether it runs locally', () => {
    const asking = files
      .filter((file) => /^(functions|lib\/(domain|aws|http))\//.test(file))
      .filter((file) =>
        /\b(isLocal|IS_LOCAL|LOCALSTACK|STAITHE_LOCAL|if \(local\))/.test(
          readFileSync(join(ROOT, file), 'utf8'),
        ),
      );
    expect(asking).toEqual([]);
  });
});
