/** Archives that an attacker would send. Each says what must come of it; none may touch anything outside its folder. */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ArchiveError, unpack } from '../../lib/archive/index.ts';
import { tarGz } from './craft.ts';
import { AIM, Canary, removeAim } from './crafted/canary.ts';
import type { Crafted } from './crafted/case.ts';
import { tars } from './crafted/tar.ts';
import { collisions, links, names } from './crafted/trees.ts';
import { zips } from './crafted/zip.ts';
import { treeOf } from './sandbox.ts';

const GROUPS: [string, Crafted[]][] = [
  ['names', names()],
  ['links', links()],
  ['collisions', collisions()],
  ['tars', tars()],
  ['zips', zips()],
];
const ALL = GROUPS.flatMap(([, cases]) => cases);

afterAll(removeAim);

const optionsOf = (one: Crafted, into: string) => ({
  format: one.format,
  into,
  stripComponents: one.strip ?? 0,
  // As the strictest file system has it; one that tells names apart takes more, and is claimed in names.test.ts.
  folding: { letterCase: true, unicodeForm: true },
  ...(one.limits !== undefined && { limits: one.limits }),
});

/** Where a path leads by the kernel's walk; for one that does not exist, where it would come to be. */
function leadsTo(path: string): string {
  const parent = dirname(path);
  if (existsSync(path)) return realpathSync.native(path);
  return existsSync(parent) ? realpathSync.native(parent) : leadsTo(parent);
}

test('there are more than 200 crafted archives, each of its own', () => {
  expect(new Set(ALL.map(({ format, claim }) => `${format} ${claim}`)).size).toBe(ALL.length);
  expect(ALL.length).toBeGreaterThan(200);
});

describe('the canary sees', () => {
  test.each<[string, (folder: string) => void]>([
    ['a new file', (folder) => writeFileSync(join(folder, 'new'), '')],
    [
      'a file that was written again with the same bytes',
      (folder) => {
        const path = join(folder, 'x');
        writeFileSync(path, readFileSync(path));
      },
    ],
    ['another mode', (folder) => chmodSync(join(folder, 'x'), 0o777)],
    ['a second name of a file', (folder) => linkSync(join(folder, 'x'), join(folder, 'into', 'y'))],
    ['a file that is gone', (folder) => rmSync(join(folder, 'x'))],
    ['a write to the absolute aim', () => writeFileSync(join(AIM, 'outside.txt'), 'canary')],
  ])('%s', (_, act) => {
    using canary = new Canary();
    mkdirSync(canary.into);
    const before = canary.state();

    act(dirname(canary.into));

    expect(canary.state()).not.toBe(before);
  });
});

describe.each(GROUPS)('crafted %s', (_, cases) => {
  test.each(cases)('$format: $claim', async (one) => {
    using canary = new Canary();
    const before = canary.state();

    const outcome = await unpack(one.bytes, optionsOf(one, canary.into)).then(
      () => treeOf(canary.into),
      (error: unknown) => error,
    );

    expect(canary.state()).toBe(before);
    if (typeof one.outcome === 'string') {
      expect(outcome).toMatchObject({ name: 'ArchiveError', code: one.outcome });
      expect(outcome instanceof ArchiveError && outcome.message).toMatch(/\.$/);
      await expectNotTakenAsGood(canary.into);
    } else {
      expect(outcome).toEqual(one.outcome);
      expectLinksInside(canary.into, one.outcome);
    }
  });
});

/** What a refusal leaves has no link to walk through, and is never built upon. */
async function expectNotTakenAsGood(into: string): Promise<void> {
  const left = Object.values(treeOf(into)).filter((kind) => kind.startsWith('->'));
  expect(left).toEqual([]);
  if (readdirSync(into).length === 0) return;
  await expect(unpack(tarGz({ name: 'good' }), { format: 'tar.gz', into })).rejects.toThrow('is not empty');
}

function expectLinksInside(into: string, tree: Readonly<Record<string, string>>): void {
  const root = realpathSync.native(into);
  for (const [name, kind] of Object.entries(tree)) {
    if (!kind.startsWith('-> ')) continue;
    const target = leadsTo(`${dirname(join(root, name))}/${kind.slice(3)}`);
    expect(`${target}/`.startsWith(`${root}/`)).toBe(true);
  }
}
