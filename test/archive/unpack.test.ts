import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import fc from 'fast-check';
import { create } from 'tar';
import { describe, expect, test } from 'vitest';
import { ArchiveError, type ArchiveFormat, unpack } from '../../lib/archive/index.ts';
import { pax, type TarPiece, tarGz, zip } from './craft.ts';
import { Sandbox, treeOf } from './sandbox.ts';

/** A tree with what sources hold: long and foreign names, empty files, links, programs. */
function makeTree(folder: string): void {
  const long = join(folder, 'long-folder-name-'.repeat(8), 'another-long-folder-name-'.repeat(4));
  mkdirSync(long, { recursive: true });
  writeFileSync(join(long, 'file with spaces.txt'), 'deep');
  writeFileSync(join(folder, 'größe-日本-🚢.txt'), 'names');
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(folder, 'large.bin'), Buffer.alloc(1_500_000, 'abcdefg'));
  symlinkSync('run.sh', join(folder, 'link'));
  symlinkSync('../empty', join(folder, 'long-folder-name-'.repeat(8), 'up'));
}

describe('unpack', () => {
  for (const [name, format, tool, options] of [
    ['GNU tar', 'tar.gz', 'tar', ['--format=gnu', '-czf']],
    ['GNU tar in pax format', 'tar.gz', 'tar', ['--format=pax', '-czf']],
    ['Info-ZIP', 'zip', 'zip', ['-qry']],
  ] as const)
    test(`restores what ${name} packed`, needs(tool), async () => {
      using sandbox = new Sandbox();
      const tree = sandbox.path('tree');
      mkdirSync(tree);
      makeTree(tree);
      const archive = join(tree, '..', `a.${format}`);
      execFileSync(tool, [...options, archive, '.'], { cwd: tree });

      await unpack(archive, { format, into: sandbox.into });

      expect(treeOf(sandbox.into)).toEqual(treeOf(tree));
    });

  test('restores what node-tar packed, from a stream', async () => {
    using sandbox = new Sandbox();
    const tree = sandbox.path('tree');
    mkdirSync(tree);
    makeTree(tree);
    await create({ cwd: tree, gzip: true, file: sandbox.path('a.tar.gz') }, ['.']);

    await unpack(createReadStream(sandbox.path('a.tar.gz')), { format: 'tar.gz', into: sandbox.into });

    expect(treeOf(sandbox.into)).toEqual(treeOf(tree));
  });

  test('takes a zip from a stream', async () => {
    using sandbox = new Sandbox();
    writeFileSync(sandbox.path('a.zip'), zip({ name: 'a', content: 'one' }));

    await unpack(createReadStream(sandbox.path('a.zip')), { format: 'zip', into: sandbox.into });

    expect(treeOf(sandbox.into)).toEqual({ a: '644 one' });
  });

  test('keeps the executable bit and drops setuid, setgid, sticky and write bits of others', async () => {
    using sandbox = new Sandbox();
    const bytes = tarGz({ name: 'program', mode: 0o6777 }, { name: 'text', mode: 0o7666 });

    await unpack(bytes, { format: 'tar.gz', into: sandbox.into });

    expect(treeOf(sandbox.into)).toEqual({ program: '755 ', text: '644 ' });
  });

  test('dates everything as it is told, folders, links and the root too', async () => {
    using sandbox = new Sandbox();
    const bytes = tarGz({ name: 'd/e/a', content: 'one' }, { name: 'd/link', type: '2', linkName: 'e/a' });

    await unpack(bytes, { format: 'tar.gz', into: sandbox.into, timeSeconds: 320_000_000 });

    const times = ['', 'd', 'd/e', 'd/e/a', 'd/link'].map(
      (name) => lstatSync(join(sandbox.into, name)).mtimeMs,
    );
    expect(times).toEqual(times.map(() => 320_000_000_000));
  });

  test('strips the one folder that git hosts wrap a tree in, with its global header', async () => {
    using sandbox = new Sandbox();
    const bytes = tarGz(
      pax({ comment: '3f786850e387550fdab836ed7e6dc881de23001b' }, 'g'),
      { name: 'repo-3f78/', type: '5' },
      { name: 'repo-3f78/src/a', content: 'one' },
      { name: 'repo-3f78/b', type: '1', linkName: 'repo-3f78/src/a' },
    );

    await unpack(bytes, { format: 'tar.gz', into: sandbox.into, stripComponents: 1 });

    expect(treeOf(sandbox.into)).toEqual({ 'src/a': '644 one', b: '644 one' });
  });

  test('allows a folder to be named again, and links that stay inside', async () => {
    using sandbox = new Sandbox();
    const bytes = tarGz(
      { name: 'd/a', content: 'one' },
      { name: 'd/', type: '5' },
      { name: 'd', type: '5' },
      { name: 'e/up', type: '2', linkName: '../d/./a' },
      { name: 'nowhere', type: '2', linkName: 'd/later' },
    );

    await unpack(bytes, { format: 'tar.gz', into: sandbox.into });

    expect(treeOf(sandbox.into)).toEqual({ 'd/a': '644 one', 'e/up': '-> ../d/./a', nowhere: '-> d/later' });
  });

  test('reads nothing behind the end of a tar', async () => {
    using sandbox = new Sandbox();
    const bytes = tarGz({ name: 'a', content: 'one' }, Buffer.alloc(1024), { name: '../outside.txt' });

    const unpacked = await unpack(bytes, { format: 'tar.gz', into: sandbox.into });

    expect(unpacked).toMatchObject({ entries: 1, files: 1 });
    expect(treeOf(sandbox.into)).toEqual({ a: '644 one' });
  });

  test('wants a folder of its own', async () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.into);
    writeFileSync(join(sandbox.into, 'mine'), 'kept');

    const unpacking = unpack(tarGz({ name: 'mine', content: 'theirs' }), {
      format: 'tar.gz',
      into: sandbox.into,
    });

    await expect(unpacking).rejects.toThrow('is not empty');
    expect(treeOf(sandbox.into)).toEqual({ mine: '644 kept' });
  });
});

/** Where a path leads by the kernel's walk; for one that does not exist, where a file would be made. */
function leadsTo(path: string): string {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (existsSync(path)) return realpathSync.native(path);
  return existsSync(parent) ? realpathSync.native(parent) : leadsTo(parent);
}

/** Components that attackers combine; few of them, so that names meet each other. */
const component = fc.constantFrom('a', 'A', 'b', '..', '.', 'd', 'up', '', 'é', 'e\u0301', 'C:', 'x\\y');
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const piece = fc.oneof(
  fc.record({ name: path, content: fc.constantFrom('', 'text') }),
  fc.record({ name: path, type: fc.constant('5') }),
  fc.record({ name: path, type: fc.constantFrom('1', '2'), linkName: path }),
  // Links through links.
  fc.record({
    name: fc.constantFrom('up', 'd/up', 'd/e'),
    type: fc.constant('2'),
    linkName: fc.constantFrom('.', '..', 'd', 'up/..', 'd/up/..', 'up/../..', 'd/e/..'),
  }),
);

const asZip = (one: TarPiece) => ({
  name: one.name ?? '',
  content: one.type === '2' ? (one.linkName ?? '') : (one.content ?? ''),
  mode: one.type === '2' ? 0o120777 : one.type === '5' ? 0o040755 : 0o100644,
});

describe('whatever an archive holds', () => {
  test.each(['tar.gz', 'zip'] as const)(
    'a %s never changes anything outside its folder',
    async (format: ArchiveFormat) => {
      let unpacked = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
          using sandbox = new Sandbox();
          const bytes = format === 'zip' ? zip(...pieces.map(asZip)) : tarGz(...pieces);

          const outcome = await unpack(bytes, { format, into: sandbox.into }).catch(
            (error: unknown) => error,
          );

          if (!(outcome instanceof Error)) unpacked += 1;
          else if (!(outcome instanceof ArchiveError)) throw outcome;
          expect(sandbox.outside()).toEqual({ 'outside.txt': 'untouched' });
          // The kernel's own word on where the links lead.
          for (const [name, kind] of Object.entries(outcome instanceof Error ? {} : treeOf(sandbox.into)))
            if (kind.startsWith('-> '))
              expect(leadsTo(`${dirname(join(sandbox.into, name))}/${kind.slice(3)}`)).toSatisfy(
                (real: string) => `${real}/`.startsWith(`${sandbox.into}/`),
              );
        }),
        { numRuns: 400 },
      );
      expect(unpacked).toBeGreaterThan(10);
    },
  );

  test('damaged bytes are refused or unpack, and never end in another error', needs('zip'), async () => {
    using sample = new Sandbox();
    mkdirSync(sample.into);
    makeTree(sample.into);
    execFileSync('zip', ['-qry', sample.path('a.zip'), '.'], { cwd: sample.into });
    const original = readFileSync(sample.path('a.zip'));
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        using sandbox = new Sandbox();
        const bytes = Buffer.from(original);
        bytes[at] = (bytes[at] ?? 0) ^ change;

        const outcome = await unpack(bytes, { format: 'zip', into: sandbox.into }).catch(
          (error: unknown) => error,
        );

        expect(outcome instanceof Error ? outcome.name : 'unpacked').toMatch(/^(ArchiveError|unpacked)$/);
        expect(sandbox.outside()).toEqual({ 'outside.txt': 'untouched' });
      }),
      { numRuns: 150 },
    );
  });
});
