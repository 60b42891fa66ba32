import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT } from './imports-of.ts';
import { RULES } from './rooms.ts';

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
