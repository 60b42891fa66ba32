/** Claims on the texts of the CLI: the rules of docs/style.md that a program can check. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { globalOptions } from '../../lib/cli/command/global-options.ts';
import { GROUPS, SINGLES } from '../../lib/cli/commands.ts';
import { EXIT_MEANINGS } from '../../lib/cli/failure/exit-codes.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface Text {
  readonly where: string;
  readonly text: string;
}

const groups = await Promise.all(
  GROUPS.map(async ({ name, load }) => (await load()).commands.map((command) => ({ name, command }))),
);
const singles = await Promise.all(SINGLES.map(async ({ load }) => ({ name: '', command: await load() })));
const commands = [...groups.flat(), ...singles].map(({ name, command }) => ({
  words: ['staithe', name, command.name].filter(Boolean).join(' '),
  command,
}));

/** Phrases: no full stop. */
const phrases: Text[] = [
  ...GROUPS.map(({ name, summary }) => ({ where: `staithe ${name}`, text: summary })),
  ...globalOptions().map(({ flags, description }) => ({ where: flags, text: description })),
  ...EXIT_MEANINGS.map(([code, meaning]) => ({ where: `exit code ${code}`, text: meaning })),
  ...commands.flatMap(({ words, command }) => [
    { where: words, text: command.summary },
    ...command.args.map(([name, text]) => ({ where: `${words} ${name}`, text })),
    ...command.options.map(({ flags, description }) => ({ where: `${words} ${flags}`, text: description })),
  ]),
];

/** Whole sentences. */
const sentences: Text[] = commands
  .filter(({ command }) => command.details !== '')
  .map(({ words, command }) => ({ where: words, text: command.details }));

/** A template with another one in it is cut where that one begins. */
const isWhole = (text: string) => text.split('${').length === text.split('}').length;

/** The messages of errors, as the sources have them: `${…}` stands for a value. */
const errors: Text[] = globSync('lib/cli/**/*.ts', { cwd: ROOT }).flatMap((file) => {
  const code = readFileSync(join(ROOT, file), 'utf8');
  const literal = /(?:usageFailure\(\s*|detail: ?)('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|"[^"\n]*")/g;
  return [...code.matchAll(literal)]
    .map(([, text = '']) => ({ where: file, text: text.slice(1, -1) }))
    .filter(({ text }) => isWhole(text));
});

/** The words that docs/style.md does not want: those in backticks in the left column of its last table. */
function unwanted(): RegExp {
  const page = readFileSync(join(ROOT, 'docs', 'style.md'), 'utf8');
  const [, table = ''] = page.split('| not | but |');
  const words = table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)]);
  return new RegExp(`\\b(${words.map(([, word]) => word).join('|')})\\b`, 'i');
}

const failing = (texts: readonly Text[], rule: (text: string) => boolean) =>
  texts.filter(({ text }) => !rule(text)).map(({ where, text }) => `${where}: ${text}`);

const startsWithCapital = (text: string) => /^[A-Z]/.test(text);

describe('texts of the help', () => {
  test('start with a capital letter', () => {
    expect(failing([...phrases, ...sentences], startsWithCapital)).toEqual([]);
  });

  test('have no full stop where they are phrases, and one where they are sentences', () => {
    expect(failing(phrases, (text) => !text.endsWith('.'))).toEqual([]);
    expect(failing(sentences, (text) => text.endsWith('.'))).toEqual([]);
  });

  test('have none of the words that docs/style.md replaces', () => {
    const words = unwanted();

    expect(words.test('Nothing says what to build')).toBe(true);
    expect(failing([...phrases, ...sentences], (text) => !words.test(text))).toEqual([]);
  });
});

describe('messages of errors', () => {
  test('start with a capital letter, an option or a value, and end with a full stop or a value', () => {
    expect(errors.length).toBeGreaterThan(50);
    expect(failing(errors, (text) => /^([A-Z]|'|--|\$\{)/.test(text))).toEqual([]);
    expect(failing(errors, (text) => /[.}]$/.test(text))).toEqual([]);
  });

  test('have none of the words that docs/style.md replaces', () => {
    const words = unwanted();

    expect(failing(errors, (text) => !words.test(text.replace(/\$\{[^}]*\}/g, 'x')))).toEqual([]);
  });
});
