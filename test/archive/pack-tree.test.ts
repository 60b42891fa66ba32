import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { list } from 'tar';
import { describe, expect, test } from 'vitest';
import { packTree } from '../../lib/archive/index.ts';
import { Sandbox, treeOf, write } from './sandbox.ts';

describe('packTree', () => {
  test('packs the same bytes from files of other times, modes and order', async () => {
    using sandbox = new Sandbox();
    const files = { 'b/c': 'two', a: 'one', z: '-> a', [`${'long/'.repeat(30)}größe`]: 'three' };
    const one = write(sandbox.path('one'), files);
    const two = write(sandbox.path('two'), Object.fromEntries(Object.entries(files).reverse()));
    utimesSync(join(two, 'a'), 1, 1);
    chmodSync(join(two, 'a'), 0o600);

    const first = await packTree(one, { out: sandbox.path('one.tar.gz') });
    const second = await packTree(two, { out: join(two, 'self.tar.gz') });

    expect(second).toEqual(first);
    expect(readFileSync(sandbox.path('one.tar.gz')).subarray(0, 10).toString('hex')).toBe(
      '1f8b08000000000000ff',
    );
  });

  test('writes what tar and node-tar read, down to long and foreign names', needs('tar'), async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), {
      [`${'größe-'.repeat(20)}/${'日本'.repeat(30)}`]: 'deep',
      'run.sh': '',
      link: `-> ${'größe-'.repeat(20)}/${'日本'.repeat(30)}`,
    });
    chmodSync(join(tree, 'run.sh'), 0o700);
    await packTree(tree, { out: sandbox.path('a.tar.gz') });

    mkdirSync(sandbox.into);
    execFileSync('tar', ['-xzf', sandbox.path('a.tar.gz'), '-C', sandbox.into]);
    const names: string[] = [];
    await list({
      file: sandbox.path('a.tar.gz'),
      strict: true,
      onReadEntry: (entry) => names.push(entry.path),
    });

    chmodSync(join(tree, 'run.sh'), 0o755);
    expect(treeOf(sandbox.into)).toEqual(treeOf(tree));
    expect(names.sort()).toEqual(Object.keys(treeOf(tree)).sort());
  });

  test('tells how far it is', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), { a: 'one', b: 'two' });
    const seen: number[] = [];

    await packTree(tree, { out: sandbox.path('a.tar.gz'), onProgress: (now) => seen.push(now.files) });

    expect(seen).toEqual([1, 2]);
  });

  test('refuses an archive over its limit before it is packed whole, and says where the bytes are', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), { 'staithe.yaml': '', 'assets/a': '', 'assets/b': '' });
    for (const name of ['a', 'b']) writeFileSync(join(tree, 'assets', name), randomBytes(2 * 1024 * 1024));
    const out = sandbox.path('a.tar.gz');

    const packing = packTree(tree, { out, maxBytes: 1024 * 1024 });

    await expect(packing).rejects.toMatchObject({
      code: 'too_large',
      message:
        "The archive has more than 1 MiB packed. Most of it: 'assets/' (4 MiB), 'staithe.yaml' (0 MiB).",
    });
    expect(statSync(out).size).toBeLessThanOrEqual(1024 * 1024);
  });

  test('refuses before it packs what no build would unpack', async () => {
    using sandbox = new Sandbox();
    const deep = write(sandbox.path('deep'), { [`${'d/'.repeat(70)}f`]: '' });
    const large = write(sandbox.path('large'), { f: '' });
    truncateSync(join(large, 'f'), 1024 ** 3 + 1);

    const ends = await Promise.allSettled(
      [deep, large].map((tree) => packTree(tree, { out: sandbox.path('a.tar.gz') })),
    );

    const tooLarge = { status: 'rejected', reason: expect.objectContaining({ code: 'too_large' }) };
    expect(ends).toEqual([tooLarge, tooLarge]);
    expect(existsSync(sandbox.path('a.tar.gz'))).toBe(false);
  });
});
