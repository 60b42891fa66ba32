/** Tars that lie in their headers, their lengths or their compression. */
import { gzipSync } from 'node:zlib';
import { END, pax, type TarPiece, tarGz, tarPiece, zip } from '../craft.ts';
import type { Crafted } from './case.ts';

const crafted = (
  claim: string,
  bytes: Buffer,
  outcome: Crafted['outcome'],
  more: Partial<Crafted> = {},
): Crafted => ({
  claim,
  format: 'tar.gz',
  bytes,
  outcome,
  ...more,
});
const A: TarPiece = { name: 'a', content: 'one' };
const KEPT = { a: '644 one' };

export function tars(): Crafted[] {
  return [...types(), ...headers(), ...extensions(), ...cuts(), ...compressions(), ...bombs()];
}

function types(): Crafted[] {
  const refused: [string, string][] = [
    ['a character device', '3'],
    ['a block device', '4'],
    ['a named pipe', '6'],
    ['a GNU sparse file', 'S'],
    ['a part of a file on another tape', 'M'],
    ['the label of a tape', 'V'],
    ['a folder with a list of its files', 'D'],
    ['a Solaris access list', 'A'],
    ['an old long name', 'N'],
    ['an inode', 'I'],
    ['a type in lower case', 's'],
    ['a type of another vendor', 'Z'],
    ['a type that is no letter', '\u0080'],
    ['a blank type', ' '],
  ];
  return [
    ...refused.map(([claim, type]) =>
      crafted(`${claim}`, tarGz(A, { name: 'b', type }), 'unsupported_entry'),
    ),
    ...refused
      .slice(0, 3)
      .map(([claim, type]) =>
        crafted(
          `${claim} that is called like a file before`,
          tarGz(A, { name: 'a', type }),
          'unsupported_entry',
        ),
      ),
    crafted('a contiguous file', tarGz({ ...A, type: '7' }), KEPT),
    crafted('a file of the old kind', tarGz({ ...A, type: '\0' }), KEPT),
    crafted('a folder of the old kind, by its slash', tarGz({ name: 'd/', type: '\0' }), { 'd/': 'empty' }),
    crafted('a folder with content', tarGz({ name: 'd', type: '5', content: 'x' }), 'unsupported_entry'),
    crafted(
      'a link with content',
      tarGz(A, { name: 'l', type: '2', linkName: 'a', content: 'x' }),
      'unsupported_entry',
    ),
    crafted(
      'a hard link with content',
      tarGz(A, { name: 'l', type: '1', linkName: 'a', content: 'two' }),
      'unsupported_entry',
    ),
    crafted(
      'sparse files as pax 0.0 writes them',
      tarGz(pax({ 'GNU.sparse.size': '9' }), A),
      'unsupported_entry',
    ),
    crafted(
      'sparse files as pax 0.1 writes them',
      tarGz(pax({ 'GNU.sparse.map': '0,1' }), A),
      'unsupported_entry',
    ),
    crafted(
      'sparse files as pax 1.0 writes them',
      tarGz(pax({ 'GNU.sparse.name': '../x' }), A),
      'unsupported_entry',
    ),
  ];
}

const sized = (field: Buffer | string): TarPiece => ({ ...A, sizeField: Buffer.from(field) });
const base256 = (...bytes: number[]): Buffer =>
  Buffer.from([...Array(12 - bytes.length).fill(0), ...bytes].map((byte, at) => (at === 0 ? 0x80 : byte)));

function headers(): Crafted[] {
  const unsized: [string, Buffer | string][] = [
    ['no number', '12x45678901\0'],
    ['negative', '-0000000003\0'],
    ['decimal digits', '00000000009\0'],
    ['negative in base 256', Buffer.alloc(12, 0xff)],
    ['beyond all numbers in base 256', Buffer.alloc(12, 0xff).fill(0x80, 0, 1)],
  ];
  const block = tarPiece(A);
  const withSum = (text: string): Buffer => {
    const copy = Buffer.from(block);
    copy.write(text, 148, 'latin1');
    return gzipSync(Buffer.concat([copy, END]));
  };
  return [
    ...unsized.map(([claim, field]) =>
      crafted(`a size that is ${claim}`, tarGz(sized(field)), 'not_an_archive'),
    ),
    crafted('a size in base 256', tarGz(sized(base256(3))), KEPT),
    crafted('a size of 8 GiB in base 256', tarGz(sized(base256(2, 0, 0, 0, 0))), 'too_large'),
    crafted('a size of 2 GiB and few bytes', tarGz({ ...A, size: 2 ** 31 }), 'too_large'),
    crafted('a size that goes beyond the end', tarGz({ ...A, size: 900_000 }), 'not_an_archive'),
    // The content is read as the next header, and is none.
    crafted('a size of none for a file with content', tarGz({ ...A, size: 0 }), 'not_an_archive'),
    crafted(
      'an entry hidden in the content of a file',
      tarGz({ name: 'a', content: tarPiece({ name: '../outside.txt', content: 'x' }), size: 0 }),
      'path_outside',
    ),
    crafted(
      'an entry in the content of a file, as content',
      tarGz({ name: 'a', content: 'x'.repeat(512) }, A),
      'collision',
    ),
    crafted('a checksum one too large', tarGz({ ...A, badChecksum: true }), 'not_an_archive'),
    crafted('no checksum', withSum('        '), 'not_an_archive'),
    crafted('a checksum of letters', withSum('abcdef\0 '), 'not_an_archive'),
    crafted(
      'a name that is not UTF-8',
      tarGz({ name: Buffer.from([0x61, 0xff, 0xfe]) }),
      'unsupported_entry',
    ),
    crafted(
      'an overlong UTF-8 slash',
      tarGz({ name: Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x78]) }),
      'unsupported_entry',
    ),
    crafted('a surrogate in UTF-8', tarGz({ name: Buffer.from([0xed, 0xa0, 0x80]) }), 'unsupported_entry'),
    crafted('a way up in the prefix', tarGz({ ...A, prefix: '..' }), 'path_outside'),
    crafted('a way up of prefix and name', tarGz({ ...A, name: './../x', prefix: 'd' }), 'path_outside'),
    crafted('an absolute prefix', tarGz({ ...A, prefix: '/tmp' }), 'path_outside'),
    crafted(
      'a prefix of another magic, which is none',
      tarGz({ ...A, prefix: '../../x', magic: 'ustar  \0' }),
      KEPT,
    ),
    crafted('a header without magic', tarGz({ ...A, magic: '\0\0\0\0\0\0\0\0' }), KEPT),
    crafted('a name of 100 bytes without its end', tarGz({ ...A, name: 'n'.repeat(100) }), {
      ['n'.repeat(100)]: '644 one',
    }),
    crafted('what follows the end', tarGz(A, Buffer.alloc(1024), { name: '../outside.txt' }), KEPT),
    crafted('what follows one empty block', tarGz(A, Buffer.alloc(512), { name: '../outside.txt' }), KEPT),
    crafted('an end at once', gzipSync(END), {}),
    crafted('no end', gzipSync(tarPiece(A)), KEPT),
  ];
}

/** Headers before headers: what they say of the next entry, and of none. */
function extensions(): Crafted[] {
  const long = (type: string, content: string): TarPiece => ({ name: '././@LongLink', type, content });
  const raw = (content: string): TarPiece => ({ name: 'PaxHeader', type: 'x', content });
  const broken: [string, string][] = [
    ['too long', '99 path=a\n'],
    ['too short', '5 path=a\n'],
    ['of no length', 'path=a\n'],
    ['of length 0', '0 path=a\n'],
    ['of a length beyond all numbers', '99999999999999999999 path=a\n'],
    ['of a negative length', '-9 path=a\n'],
    ['without an end', '10 path=ab'],
    ['without a value', '8 path\nx\n'],
    ['without a key', '6 =ab\n\n'],
  ];
  return [
    ...broken.map(([claim, content]) =>
      crafted(`a pax record ${claim}`, tarGz(raw(content), A), 'not_an_archive'),
    ),
    crafted('a way up that a later pax record takes back', tarGz(raw('19 path=../outside\n9 path=b\n'), A), {
      b: '644 one',
    }),
    crafted(
      'a way up that a later pax record brings',
      tarGz(raw('9 path=b\n19 path=../outside\n'), A),
      'path_outside',
    ),
    crafted(
      'a way up in a second pax header',
      tarGz(pax({ path: 'b' }), pax({ path: '../x' }), A),
      'path_outside',
    ),
    crafted(
      'a way up in a GNU name behind a pax header',
      tarGz(pax({ path: 'b' }), long('L', '../x\0'), A),
      'path_outside',
    ),
    crafted(
      'a way up in a pax header behind a GNU name',
      tarGz(long('L', 'b\0'), pax({ path: '../x' }), A),
      'path_outside',
    ),
    crafted(
      'a way up for every entry, which a global header may not say',
      tarGz(pax({ path: '../x' }, 'g'), A),
      KEPT,
    ),
    crafted(
      'a link target for every entry, which a global header may not say',
      tarGz(A, pax({ linkpath: '/etc' }, 'g'), { name: 'l', type: '2', linkName: 'a' }),
      { ...KEPT, l: '-> a' },
    ),
    crafted('a pax header that is for one entry only', tarGz(pax({ path: 'b' }), A, A), {
      a: '644 one',
      b: '644 one',
    }),
    crafted('a pax header with the old letter', tarGz(pax({ path: '../x' }, 'X'), A), 'path_outside'),
    crafted('a pax size that is no number', tarGz(pax({ size: '3.0' }), A), 'not_an_archive'),
    crafted('a pax size that is negative', tarGz(pax({ size: '-3' }), A), 'not_an_archive'),
    crafted('a pax size beyond the end', tarGz(pax({ size: '5000' }), A), 'not_an_archive'),
    crafted('a pax size of 1 TiB', tarGz(pax({ size: String(2 ** 40) }), A), 'too_large'),
    crafted(
      'a pax size that makes content of a header',
      tarGz(pax({ size: '515' }), { ...A, size: 0 }, { name: '../x', content: '' }),
      { a: `644 one${'\0'.repeat(509)}../` },
    ),
    crafted(
      'a pax path that is not UTF-8',
      tarGz({ type: 'x', content: Buffer.concat([Buffer.from('9 path='), Buffer.from([0xff, 0x0a])]) }, A),
      'unsupported_entry',
    ),
    crafted('a pax header of 2 MiB', tarGz(pax({ comment: 'x'.repeat(2 * 1024 * 1024) }), A), 'too_large'),
    crafted('a GNU name of 2 MiB', tarGz(long('L', 'x'.repeat(2 * 1024 * 1024)), A), 'too_large'),
    crafted('a GNU name without its end', tarGz(long('L', 'b'), A), { b: '644 one' }),
    crafted('a GNU name with more behind its end', tarGz(long('L', 'b\0/../../x'), A), { b: '644 one' }),
    crafted('an empty GNU name', tarGz(long('L', '\0'), A), 'path_outside'),
    crafted(
      'a GNU link target up',
      tarGz(long('K', '../x\0'), { name: 'l', type: '2', linkName: 'ok' }),
      'link_outside',
    ),
    crafted(
      'a GNU link target for a hard link up',
      tarGz(A, long('K', '../x\0'), { name: 'l', type: '1', linkName: 'a' }),
      'path_outside',
    ),
    crafted('a pax header that nothing follows', gzipSync(tarPiece(pax({ path: 'b' }))), 'not_an_archive'),
    crafted('a GNU name that nothing follows', gzipSync(tarPiece(long('L', 'b\0'))), 'not_an_archive'),
    crafted(
      'a pax header that is cut off',
      gzipSync(tarPiece(pax({ comment: 'x'.repeat(900) })).subarray(0, 800)),
      'not_an_archive',
    ),
  ];
}

/** Cut off at every kind of place. */
function cuts(): Crafted[] {
  const whole = Buffer.concat([
    tarPiece({ name: 'a', content: 'x'.repeat(700) }),
    tarPiece({ name: 'b', content: 'y' }),
    END,
  ]);
  const places = [1, 100, 511, 513, 900, 1212, 1300, 1535, 1537, 2047, 2049, 2200];
  const packed = tarGz({
    name: 'a',
    content: Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 251)),
  });
  const shares = [0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9];
  return [
    ...places.map((at) =>
      crafted(`a tar that ends after ${at} bytes`, gzipSync(whole.subarray(0, at)), 'not_an_archive'),
    ),
    ...shares.map((share) =>
      crafted(
        `a gzip of which ${share * 100} % came`,
        packed.subarray(0, Math.floor(share * packed.length)),
        'not_an_archive',
      ),
    ),
  ];
}

function compressions(): Crafted[] {
  const good = tarGz(A);
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(good);
    copy[at] = (copy[at] ?? 0) ^ 0xff;
    return copy;
  };
  return [
    crafted('no gzip, but the tar itself', Buffer.concat([tarPiece(A), END]), 'not_an_archive'),
    crafted('gzip in gzip', gzipSync(good), 'not_an_archive'),
    crafted('a zip', zip({ name: 'a', content: 'x' }), 'not_an_archive'),
    crafted('text', Buffer.from('#!/bin/sh\nrm -rf ~\n'), 'not_an_archive'),
    crafted('an HTML page of a proxy', Buffer.from('<!doctype html><title>502</title>'), 'not_an_archive'),
    crafted('gzipped text', gzipSync('hello '.repeat(300)), 'not_an_archive'),
    crafted('gzip of nothing', gzipSync(''), 'not_an_archive'),
    crafted('nothing', Buffer.alloc(0), 'not_an_archive'),
    crafted('zeros', Buffer.alloc(4096), 'not_an_archive'),
    crafted('a gzip with another magic', flipped(0), 'not_an_archive'),
    crafted('a gzip with another method', flipped(2), 'not_an_archive'),
    crafted('a gzip whose CRC differs', flipped(good.length - 8), 'not_an_archive'),
    crafted('a gzip whose length differs', flipped(good.length - 1), 'not_an_archive'),
    // RFC 1952 section 2.2: members may follow one another, and are one text.
    crafted('two gzips that make one tar', Buffer.concat([gzipSync(tarPiece(A)), gzipSync(END)]), KEPT),
    crafted(
      'two gzips, an attack in the second',
      Buffer.concat([gzipSync(tarPiece(A)), tarGz({ name: '../outside.txt' })]),
      'path_outside',
    ),
  ];
}

function bombs(): Crafted[] {
  const mib = 1024 * 1024;
  return [
    crafted(
      'a bomb of pax headers',
      gzipSync(Buffer.concat([...Array(24_000).fill(tarPiece(pax({ path: 'a' }))), END])),
      'ratio',
    ),
    crafted(
      'a bomb of empty files',
      gzipSync(Buffer.concat(Array.from({ length: 1500 }, (_, n) => tarPiece({ name: `f${n}` })))),
      'too_many_entries',
      { limits: { entries: 1000 } },
    ),
    crafted(
      'a bomb behind the end, which is not read',
      gzipSync(Buffer.concat([tarPiece(A), END, Buffer.alloc(40 * mib)])),
      KEPT,
    ),
    crafted(
      'a bomb in the padding of a file that is too large',
      tarGz({ name: 'a', content: Buffer.alloc(12 * mib), size: 12 * mib }),
      'ratio',
    ),
    crafted(
      'a file that grows beyond its limit',
      tarGz({ name: 'a', content: 'x'.repeat(5000) }),
      'too_large',
      { limits: { fileBytes: 4999 } },
    ),
  ];
}
