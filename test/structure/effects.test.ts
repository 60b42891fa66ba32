/** Nothing is accepted that does nothing: fields of requests, options of commands, variables of the environment. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { declare } from '../../lib/cli/command/option.ts';
import { GROUPS, SINGLES } from '../../lib/cli/commands.ts';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { READ_AT } from './request-fields.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const sources = (pattern: string) =>
  globSync(pattern, { cwd: ROOT }).map((file) => ({ file, text: read(file) }));

/** Names of what a body holds, lists and alternatives seen through. */
function leavesOf(schema: unknown, path = ''): string[] {
  const { anyOf, oneOf, properties, items } = Object(schema);
  const alternatives: unknown[] = anyOf ?? oneOf ?? [];
  const leaves = [
    ...alternatives.flatMap((each) => leavesOf(each, path)),
    ...Object.entries(Object(properties)).flatMap(([name, member]) =>
      leavesOf(member, path === '' ? name : `${path}.${name}`),
    ),
    ...(items === undefined ? [] : leavesOf(items, path)),
  ];
  return leaves.length > 0 ? [...new Set(leaves)] : [path];
}

/** Parameters of the path are what a request is about: the route's own test would miss them. */
const fieldsOf = ({ query = {}, body }: RouteSpec): string[] => [
  ...Object.keys(query).map((name) => `query.${name}`),
  ...(body === undefined ? [] : leavesOf(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }))),
];

describe('each field of a request', () => {
  const routes = Object.entries<RouteSpec>(ROUTES);

  test.each(routes)('of %s is read where the table says', (operation, spec) => {
    const places = READ_AT[operation] ?? {};
    const unread = Object.entries(places)
      .filter(([, [file, code]]) => !read(file).includes(code))
      .map(([field, place]) => `${field}: ${place.join(' has no ')}`);

    expect(Object.keys(places).sort()).toEqual(fieldsOf(spec).sort());
    expect(unread).toEqual([]);
  });

  test('is of a route that exists', () => {
    expect(Object.keys(READ_AT).filter((operation) => !(operation in ROUTES))).toEqual([]);
  });
});

describe('each option of a command', async () => {
  const groups = await Promise.all(
    GROUPS.map(async ({ name, load }) => [name, (await load()).commands] as const),
  );
  const singles = await Promise.all(SINGLES.map(async ({ load }) => await load()));
  const commands = [
    ...groups.flatMap(([group, all]) => all.map((command) => ({ group, command }))),
    ...singles.map((command) => ({ group: '', command })),
  ].filter(({ command }) => command.options.length > 0);
  const cli = sources('lib/cli/**/*.ts');
  /** The commands of a noun are in its file and in the folder of its machinery. Lists have their name by default. */
  const declares = (text: string, name: string) =>
    text.includes(`name: '${name}'`) || (name === 'list' && /\blist(Across)?Command\(/.test(text));
  const named = (group: string, name: string) =>
    cli.filter(({ file, text }) => file.startsWith(`lib/cli/${group}`) && declares(text, name));
  /** A command's file, and those of lib/cli that it imports: options that several commands have are read there. */
  const codeOf = (group: string, name: string) =>
    named(group, name).flatMap(({ file, text }) => [
      text,
      ...[...text.matchAll(/from '(\.[^']+)'/g)].flatMap(([, target = '']) => {
        const path = join(file, '..', target);
        return existsSync(join(ROOT, path)) ? [read(path)] : [];
      }),
    ]);

  test.each(commands)('$group $command.name has an effect', ({ group, command }) => {
    const code = codeOf(group, command.name);
    const unread = command.options
      .map((kind) => declare(kind).attributeName())
      .filter((option) => {
        const member = new RegExp(`\\b(options|given|paging)\\.${option}\\b`);
        const taken = new RegExp(
          `options: \\{[^}]*\\b${option}\\b[^}]*\\} ?\\}|\\{[^}]*\\b${option}\\b[^}]*\\} = (options|given)\\b`,
        );
        const isRead = { test: (text: string) => member.test(text) || taken.test(text) };
        return !code.some((text) => isRead.test(text));
      });

    expect(code.length).toBeGreaterThan(0);
    expect(unread).toEqual([]);
  });
});

describe('each variable of the environment', () => {
  const code = sources('{lib,functions,bin}/**/*.{ts,mjs}').filter(
    ({ file }) => !file.startsWith('lib/agent/'),
  );
  const docs = [...sources('docs/*.md'), ...sources('*.md')].filter(({ file }) => file !== 'CHANGELOG.md');
  const OF_STAITHE = /\bSTAITHE_[A-Z_]*[A-Z]\b/g;
  const readBy = new Set(
    code.flatMap(({ text }) =>
      [
        ...text.matchAll(/\benv\.(STAITHE_[A-Z_]+)|\.env\('(STAITHE_[A-Z_]+)'\)|'(STAITHE_[A-Z_]+)'/g),
      ].flatMap((match) => match.slice(1).filter((name) => name !== undefined)),
    ),
  );
  /** What builds are given, for their commands to read. */
  const given = new Set(
    sources('lib/{agent,domain/deployment/jobs}/**/*.ts').flatMap(({ text }) => text.match(OF_STAITHE) ?? []),
  );
  const OF_BUILDS = /^STAITHE_(INPUT|MATRIX|FEATURE|TOOLCHAIN)_/;

  test('that the documentation names is read', () => {
    const promised = new Set(docs.flatMap(({ text }) => text.match(OF_STAITHE) ?? []));

    expect(
      [...promised].filter((name) => !readBy.has(name) && !given.has(name) && !OF_BUILDS.test(name)),
    ).toEqual([]);
  });

  test('that the CLI or a start reads is documented', () => {
    const promised = docs.map(({ text }) => text).join('\n');
    const ours = sources('lib/{cli,start}/**/*.ts').flatMap(({ text }) =>
      [...text.matchAll(/\benv\.(STAITHE_[A-Z_]+)|\.env\('(STAITHE_[A-Z_]+)'\)/g)].flatMap((match) =>
        match.slice(1).filter((name) => name !== undefined),
      ),
    );

    // Said by the installed program to the one that it starts.
    const internal = ['STAITHE_CALLED_AS'];
    expect([...new Set(ours)].filter((name) => !promised.includes(name) && !internal.includes(name))).toEqual(
      [],
    );
  });
});
