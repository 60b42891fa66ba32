import {
  closeSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Allowance, addLayer } from '../../src/lambda/image/layer.ts';
import { RootFolder, removeRoot } from '../../src/lambda/image/root-folder.ts';
import { digestOf } from '../ecr/cloud.ts';
import { type Files, layerOf, ownedLayer } from './image-kit.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-'));
  root = join(folder, 'root');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plenty = (): Allowance => ({ bytes: 1e6, entries: 1e3 });

async function add(files: Files, allowance = plenty(), pack: (tar: Buffer) => Buffer = (tar) => tar) {
  const bytes = pack(await layerOf(files));
  await addLayer(
    new RootFolder(root),
    chunks(bytes),
    digestOf(bytes),
    allowance,
    new AbortController().signal,
  );
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

function makeFile(image: RootFolder, path: string): string {
  const { at, descriptor } = image.file(path, 0o755);
  closeSync(descriptor);
  return at;
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the layers of an image', () => {
  test('lie one upon the other, packed or not, and take away what they white out', async () => {
    await add({ 'a/kept': '1', 'a/gone': '1', 'b/old': '1', 'b/below/old': '1', changed: '1' });
    await add({ 'a/.wh.gone': '', 'b/.wh..wh..opq': '', 'b/below/new': '2', changed: '2' }, plenty(), (tar) =>
      gzipSync(tar),
    );

    expect([read('a/kept'), read('b/below/new'), read('changed')]).toEqual(['1', '2', '2']);
    expect(readdirSync(join(root, 'a'))).toEqual(['kept']);
    expect(readdirSync(join(root, 'b'))).toEqual(['below']);
    expect(readdirSync(join(root, 'b/below'))).toEqual(['new']);
  });

  test('are bounded in their bytes and entries', async () => {
    const large = { large: 'x'.repeat(2_000) };
    await expect(add(large, { bytes: 1_000, entries: 10 })).rejects.toThrow(/larger than 10 GB/);
    await expect(add({ a: '', b: '', c: '' }, { bytes: 10, entries: 2 })).rejects.toThrow(/million files/);
  });

  test('are refused when they are damaged, or not those of the digest', async () => {
    await expect(add({ a: 'x' }, plenty(), (tar) => gzipSync(tar).subarray(0, 60))).rejects.toThrow();
    await expect(add({ a: 'x' }, plenty(), () => Buffer.alloc(2_048, 'no tar '))).rejects.toThrow();
    const wrong = addLayer(
      new RootFolder(root),
      chunks(await layerOf({ a: 'x' })),
      digestOf('other'),
      plenty(),
      new AbortController().signal,
    );
    await expect(wrong).rejects.toThrow(/has the digest/);
  });
});

test('the owner of the root may do with its entries what the user of functions may', async () => {
  const bytes = ownedLayer([
    { path: 'closed/', mode: 0o700, owner: 0 },
    { path: 'closed/inside', mode: 0o644, owner: 0 },
    { path: 'open/', mode: 0o755, owner: 0 },
    { path: 'open/secret', mode: 0o600, owner: 0 },
    { path: 'open/program', mode: 0o751, owner: 0 },
    { path: 'open/own', mode: 0o600, owner: 993 },
    { path: 'opened/', mode: 0o700, owner: 0 },
    { path: 'opened/', mode: 0o755, owner: 0 },
  ]);
  const image = new RootFolder(root);
  await addLayer(image, chunks(bytes), digestOf(bytes), plenty(), new AbortController().signal);
  image.complete();

  const owners = (path: string) => (statSync(join(root, path)).mode >> 6) & 0o7;
  expect(['open/secret', 'open/program', 'open/own'].map(owners)).toEqual([0o0, 0o1, 0o6]);
  expect(['closed', 'open', 'opened'].map((path) => owners(path) & 0o5)).toEqual([0o0, 0o5, 0o5]);
  removeRoot(root);
  expect(existsSync(root)).toBe(false);
});

describe('the root of an image', () => {
  test('is never left, whatever its links and paths say', () => {
    const image = new RootFolder(root);
    writeFileSync(join(folder, 'outside'), 'untouched');
    image.symbolicLink('up', '../..');
    image.symbolicLink('absolute', folder);
    image.symbolicLink('passwd', '/etc/passwd');
    makeFile(image, 'up/outside');
    makeFile(image, 'absolute/outside');
    makeFile(image, '../../../escaped');
    makeFile(image, 'passwd');
    image.remove('up/../../outside');

    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('untouched');
    expect(readdirSync(folder).sort()).toEqual(['outside', 'root']);
    expect(existsSync(join(root, folder, 'outside'))).toBe(true);
    expect(existsSync(join(root, 'escaped'))).toBe(true);
    // The link itself was replaced, not what it leads to.
    expect(statSync(join(root, 'passwd')).size).toBe(0);
    expect(() => image.hardLink('copy', '../../../etc/hostname')).toThrow(/ENOENT/);
    expect(() => image.file('.', 0o644)).toThrow(/not a folder/);
  });

  test('has links that lead around within it, and refuses those that lead in a circle', () => {
    const image = new RootFolder(root);
    image.folder('usr/bin', 0o755);
    image.symbolicLink('bin', '/usr/bin');
    const at = makeFile(image, 'bin/tool');
    image.hardLink('same', 'bin/tool');
    image.symbolicLink('one', 'two');
    image.symbolicLink('two', 'one');

    expect(at).toBe(join(root, 'usr/bin/tool'));
    expect(statSync(join(root, 'same')).ino).toBe(statSync(at).ino);
    expect(readlinkSync(join(root, 'bin'))).toBe('/usr/bin');
    expect(() => image.file('one/x', 0o644)).toThrow(/too many links/);
  });
});
