import { mkdtempDisposableSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { Scene } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
  await scene.group();
});
afterEach(() => scene.close());

/** Answers with the first line of a file. */
const SHOWS =
  "require('node:http').createServer((_, r) => r.end(require('node:fs').readFileSync('a/link.txt', 'utf8'))).listen(process.env.PORT)";

interface TarEntry {
  readonly name: string;
  readonly type?: string;
  readonly link?: string;
  readonly text?: string;
  readonly mode?: number;
}

function tarGz(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = '0', link = '', text = '', mode = 0o644 }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(mode.toString(8).padStart(7, '0'), 100);
    header.write(Buffer.byteLength(text).toString(8).padStart(11, '0'), 124);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\0', 257, 'latin1');
    const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
    header.write(sum.toString(8).padStart(6, '0'), 148);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    body.write(text);
    return [header, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

async function zipWithLink(name: string, target: string): Promise<Buffer> {
  const archive = new ZipFile();
  archive.addBuffer(Buffer.from('of the zip'), 'real.txt');
  archive.addBuffer(Buffer.from(SHOWS), 'server.js');
  archive.addBuffer(Buffer.from(target), name, { mode: 0o120777 });
  archive.end();
  return buffer(archive.outputStream);
}

async function serves(bytes: Buffer, Command = 'node server.js'): Promise<string> {
  const Code = await scene.store(bytes);
  await scene.call('CreateVersion', { GroupName: 'shop', Command, Code });
  await scene.roll(1);
  return (await scene.get()).body;
}

async function refused(bytes: Buffer): Promise<unknown> {
  const Code = await scene.store(bytes);
  return scene
    .call('CreateVersion', { GroupName: 'shop', Command: 'true', Code })
    .catch((error: unknown) => error);
}

describe('code', () => {
  it('is a gzipped tar, with long names and links within it', async () => {
    const long = `${'deep/'.repeat(30)}real.txt`;
    const pax = (name: string, value: string): TarEntry => {
      const record = ` ${name}=${value}\n`;
      return { name: 'pax', type: 'x', text: `${record.length + 3}${record}` };
    };

    const body = await serves(
      tarGz([
        { name: 'server.js', text: SHOWS },
        { name: 'a/', type: '5' },
        pax('path', long),
        { name: 'short', text: 'of the tar' },
        pax('linkpath', `../${long}`),
        { name: 'a/link.txt', type: '2' },
      ]),
    );

    expect(body).toBe('of the tar');
  });

  it('is a zip, with links within it', async () => {
    expect(await serves(await zipWithLink('a/link.txt', '../real.txt'))).toBe('of the zip');
  });

  it('is a program, if it is no archive', async () => {
    const program = `#!${process.execPath}\nrequire('node:http').createServer((_, r) => r.end('program')).listen(process.env.PORT)`;

    expect(await serves(Buffer.from(program), './program')).toBe('program');
  });

  it.each([
    ['a name that leads out', [{ name: '../x', text: 'x' }], "outside of its folder: '../x'"],
    ['an absolute name', [{ name: '/tmp/x', text: 'x' }], "outside of its folder: '/tmp/x'"],
    ['a link that leads out', [{ name: 'x', type: '2', link: '/etc' }], "The link 'x' leads to '/etc'"],
    [
      'a link that leads out through another one',
      [
        { name: 'a/b/', type: '5' },
        { name: 'a/b/up', type: '2', link: '../..' },
        { name: 'x', type: '2', link: 'a/b/up/..' },
      ],
      "The link 'x' leads to 'a/b/up/..'",
    ],
    ['a link to nothing', [{ name: 'x', type: '2', link: 'y' }], "The link 'x' leads to 'y'"],
    [
      'a file behind a link',
      [
        { name: 'x', type: '2', link: 'y' },
        { name: 'x/z', text: 'z' },
      ],
      "The archive has 'x' twice",
    ],
    [
      'one name twice',
      [
        { name: 'x', text: '1' },
        { name: 'x', text: '2' },
      ],
      "The archive has 'x' twice",
    ],
    ['a device', [{ name: 'x', type: '3' }], "has 'x', which is no file, folder or symbolic link"],
  ])('with %s is refused', async (_name, entries: TarEntry[], message) => {
    expect(await refused(tarGz(entries))).toMatchObject({
      name: 'InvalidCodeException',
      message: expect.stringContaining(message),
    });
  });

  it('makes nothing outside through a link that comes first', async () => {
    using outside = mkdtempDisposableSync(join(tmpdir(), 'outside-'));
    const link = { name: 'a', type: '2', link: outside.path };

    for (const name of ['a/x', 'a/deep/x'])
      expect(await refused(tarGz([link, { name, type: '2', link: '/etc/passwd' }]))).toMatchObject({
        message: `The archive has '${name}' below a link that leads out of its folder.`,
      });
    expect(readdirSync(outside.path)).toEqual([]);
  });

  it('that is cut off, or is a zip with a link that leads out, is refused', async () => {
    const whole = tarGz([{ name: 'x', text: 'x'.repeat(5000) }]);

    expect(await refused(whole.subarray(0, whole.length - 20))).toMatchObject({
      message: expect.stringContaining('The tar archive is damaged'),
    });
    expect(await refused(await zipWithLink('x', '/etc/passwd'))).toMatchObject({
      message: expect.stringContaining("The link 'x' leads to '/etc/passwd'"),
    });
    expect(await refused(Buffer.from('PK\x03\x04 nothing'))).toMatchObject({
      message: expect.stringContaining('The zip archive is damaged'),
    });
  });

  it('with another digest than the request says is refused, and so is code that is not there', async () => {
    const Code = await scene.store(Buffer.from('x'));
    const version = (code: object) =>
      scene.call('CreateVersion', { GroupName: 'shop', Command: 'true', Code: { ...Code, ...code } });

    await expect(version({ Sha256: '0'.repeat(64) })).rejects.toThrow(/The code has the SHA-256 2d71/);
    await version({});
    const mine = await scene.store(Buffer.from('mine'));
    await expect(version({ S3Key: mine.S3Key })).rejects.toThrow(/^The code has the SHA-256 /);
    await expect(version({ S3Key: 'nowhere' })).rejects.toThrow(/nowhere/);
  });

  it('is removed with the last version that has it', async () => {
    const Code = await scene.store(Buffer.from('#!/bin/sh\nsleep 1000'));
    const folder = join(scene.files.stateDir, 'processes', 'code');
    await scene.group('other', 'worker');
    for (const GroupName of ['shop', 'other'])
      await scene.call('CreateVersion', { GroupName, Command: './program', Code });

    await scene.call('DeleteGroup', { GroupName: 'shop' });
    const shared = readdirSync(folder);
    await scene.call('DeleteGroup', { GroupName: 'other' });

    expect([shared, readdirSync(folder)]).toEqual([[Code.Sha256], []]);
  });
});
