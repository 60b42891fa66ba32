/** What functions may touch and what they reach for are the same: ports, permissions and settings cannot drift apart. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { functionEntries } from '../../lib/infrastructure/bundles.ts';
import { NEEDS, type Needs, PORTS } from '../../lib/infrastructure/needs.ts';
import { infrastructure } from './template.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Exports of lib/aws that touch nothing of the account: no permission, no setting. */
const FREE = new Set(['clock', 'randomness', 'httpNotifier', 'ociRegistry', 'storedTrees', 'setting']);

const SETTING = /\bsetting\(\s*'(STAITHE_\w+)'/g;
const settingsIn = (text: string): string[] => [...text.matchAll(SETTING)].map(([, name = '']) => name);

interface Entry {
  /** Exports of lib/aws that it imports, and settings that it reads itself. */
  readonly reachesFor: readonly string[];
  /** Settings that it and the files of these ports read. */
  readonly settings: readonly string[];
}

function readEntry(entry: string): Entry {
  const text = readFileSync(join(ROOT, 'functions', `${entry}.ts`), 'utf8');
  const imports = [...text.matchAll(/import \{([^}]*)\} from '\.\.\/\.\.\/(lib\/aws\/[\w/-]+\.ts)'/g)];
  const names = imports.flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type ')),
  );
  const files = imports.map(([, , file = '']) => readFileSync(join(ROOT, file), 'utf8'));
  return {
    reachesFor: [...names.filter((name) => !FREE.has(name)), ...settingsIn(text)],
    settings: [text, ...files].flatMap(settingsIn),
  };
}

const needsOf = (entry: string): Needs => NEEDS[entry] ?? {};
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

/** Waking takes a task token and no ARN, so nobody who only wakes is told the machines. */
const onlyWakes = ({ workflows }: Needs): boolean =>
  workflows !== undefined &&
  [workflows.start, workflows.stop, workflows.describe].every((names) => !names?.length);

it('every function has its needs, and every need a function', () => {
  expect(Object.keys(NEEDS).toSorted()).toEqual(functionEntries());
});

describe.each(functionEntries())('%s', (entry) => {
  it('reaches for the ports of its needs and for no other', () => {
    const ports = Object.keys(needsOf(entry)).map((need) => PORTS[need as keyof Needs]);

    expect(sorted(readEntry(entry).reachesFor)).toEqual(sorted(ports));
  });

  it('has the settings that its ports read, and no other', async () => {
    const { of } = await infrastructure();
    const described = z.object({
      Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
    });
    const [, fn] =
      of('AWS::Lambda::Function').find(
        ([, { Metadata }]) => Reflect.get(Object(Metadata), 'staithe:entry') === `functions/${entry}.ts`,
      ) ?? [];
    const given = described.parse(fn?.Properties).Environment?.Variables ?? {};
    const read = readEntry(entry).settings.filter(
      (name) => name !== 'STAITHE_STATE_MACHINES' || !onlyWakes(needsOf(entry)),
    );

    expect(sorted(Object.keys(given))).toEqual(sorted(read));
  });
});
