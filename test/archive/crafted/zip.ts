/** Zips that lie in one of their two directories, their lengths or their flags. */
import { crc32 } from 'node:zlib';
import { tarGz, type ZipPiece, zip, zipEnding, zipExtra } from '../craft.ts';
import type { Crafted } from './case.ts';

const crafted = (
  claim: string,
  bytes: Buffer,
  outcome: Crafted['outcome'],
  more: Partial<Crafted> = {},
): Crafted => ({
  claim,
  format: 'zip',
  bytes,
  outcome,
  ...more,
});
const A: ZipPiece = { name: 'a', content: 'one', mode: 0o100644 };
const KEPT = { a: '644 one' };

export function zips(): Crafted[] {
  return [...kinds(), ...flags(), ...twoDirectories(), ...lengths(), ...ends(), ...cuts(), ...bombs()];
}

function kinds(): Crafted[] {
  const modes: [string, number][] = [
    ['a named pipe', 0o010644],
    ['a character device', 0o020666],
    ['a block device', 0o060660],
    ['a socket', 0o140755],
    ['a kind that no system has', 0o170000],
    ['another kind that no system has', 0o030000],
  ];
  return [
    ...modes.map(([claim, mode]) => crafted(claim, zip(A, { name: 'b', mode }), 'unsupported_entry')),
    crafted('a link by its mode', zip(A, { name: 'l', content: 'a', mode: 0o120777 }), {
      ...KEPT,
      l: '-> a',
    }),
    crafted(
      'a link of macOS out',
      zip({ name: 'l', content: '../x', mode: 0o120777, madeBy: 19 }),
      'link_outside',
    ),
    crafted(
      'the mode of a link from MS-DOS, which has none',
      zip({ name: 'l', content: '../x', mode: 0o120777, madeBy: 0 }),
      { l: '644 ../x' },
    ),
    crafted(
      'the mode of a link from NTFS, which has none',
      zip({ name: 'l', content: '../x', mode: 0o120777, madeBy: 10 }),
      { l: '644 ../x' },
    ),
    crafted('the mode of a device from MS-DOS', zip({ name: 'b', mode: 0o020666, madeBy: 0 }), { b: '644 ' }),
    crafted('a folder by its mode, without a slash', zip({ name: 'd', mode: 0o040755 }), { 'd/': 'empty' }),
    crafted('a link whose name says folder', zip({ name: 'l/', content: '', mode: 0o120777 }), {
      'l/': 'empty',
    }),
    crafted('a folder with content', zip({ name: 'd/', content: 'x', mode: 0o040755 }), 'unsupported_entry'),
    crafted(
      'a link of 5,000 bytes',
      zip({ name: 'l', content: 'x'.repeat(5000), mode: 0o120777 }),
      'too_large',
    ),
    crafted('a link with a NUL', zip({ name: 'l', content: 'a\0b', mode: 0o120777 }), 'link_outside'),
    crafted(
      'a link whose target is a bomb',
      zip({ name: 'l', content: '\0'.repeat(12 * 1024 * 1024), mode: 0o120777 }),
      'too_large',
    ),
    crafted(
      'a zip in a zip, which stays one',
      zip({ name: 'b', content: 'PK\u0003\u0004 ../x', mode: 0o100644 }),
      { b: '644 PK\u0003\u0004 ../x' },
    ),
  ];
}

function flags(): Crafted[] {
  const methods = [1, 2, 6, 9, 10, 12, 14, 93, 95, 96, 97, 98, 99, 0xffff];
  return [
    ...methods.map((method) =>
      crafted(`packing method ${method}`, zip({ ...A, method }), 'unsupported_entry'),
    ),
    crafted('an encrypted file', zip({ ...A, flags: 0x801 }), 'unsupported_entry'),
    crafted('a strongly encrypted file', zip({ ...A, flags: 0x841 }), 'not_an_archive'),
    crafted('an encrypted directory', zip({ ...A, flags: 0x2801 }), 'unsupported_entry'),
    crafted('a stored file', zip({ ...A, method: 0 }), KEPT),
    crafted('a file with its sizes behind it', zip({ ...A, descriptor: true }), KEPT),
    crafted(
      'a name that is not UTF-8',
      zip({ name: Buffer.from([0x61, 0xff]), flags: 0 }),
      'unsupported_entry',
    ),
    crafted(
      'a name that is not UTF-8 and says that it is',
      zip({ name: Buffer.from([0x61, 0xff]) }),
      'unsupported_entry',
    ),
    crafted(
      'an overlong UTF-8 slash',
      zip({ name: Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x78]) }),
      'unsupported_entry',
    ),
    crafted('a UTF-8 name that does not say so', zip({ name: 'é', content: '', flags: 0, mode: 0o100644 }), {
      é: '644 ',
    }),
  ];
}

/** The extra field that gives a name in UTF-8, valid for the name that it was made for (APPNOTE 4.6.9). */
const unicodePath = (of: string, name: string): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(1, 0);
  head.writeUInt32LE(crc32(of), 1);
  return zipExtra(0x7075, Buffer.concat([head, Buffer.from(name)]));
};

/** An entry stands in a zip twice: before its data and in the directory. The directory counts. */
function twoDirectories(): Crafted[] {
  return [
    crafted('another name before the data', zip({ ...A, local: { name: '../outside.txt' } }), KEPT),
    crafted('a longer name before the data', zip({ ...A, local: { name: `${'d/'.repeat(40)}x` } }), KEPT),
    crafted(
      'a name out in the directory only',
      zip({ ...A, name: '../outside.txt', local: { name: 'a' } }),
      'path_outside',
    ),
    crafted('another size before the data', zip({ ...A, local: { size: 1 } }), KEPT),
    crafted('another method before the data', zip({ ...A, local: { method: 99 } }), KEPT),
    crafted('encrypted before the data only', zip({ ...A, local: { flags: 1 } }), KEPT),
    crafted(
      'a way up in the Unicode name',
      zip({ ...A, extra: unicodePath('a', '../outside.txt') }),
      'path_outside',
    ),
    crafted('an absolute Unicode name', zip({ ...A, extra: unicodePath('a', '/tmp/x') }), 'path_outside'),
    crafted(
      'a Unicode name of another name, which does not count',
      zip({ ...A, extra: unicodePath('b', '../x') }),
      KEPT,
    ),
    crafted(
      'a Unicode name that meets another file',
      zip(A, { ...A, name: 'b', extra: unicodePath('b', 'A') }),
      'collision',
    ),
    crafted('two entries with the same data', zip(A, { ...A, name: 'b', overlap: 0 }), {
      a: '644 one',
      b: '644 one',
    }),
    crafted('an entry without data before it', zip({ ...A, offset: 5000 }), 'not_an_archive'),
    crafted(
      'an entry that begins in the directory',
      zipEnding({}, A, { ...A, name: 'b', offset: 45 }),
      'not_an_archive',
    ),
    crafted(
      'an entry that begins in the data of another',
      zip({ ...A, method: 0 }, { ...A, name: 'b', offset: 31 }),
      'not_an_archive',
    ),
    crafted(
      'an extra field that is longer than it is',
      zip({ ...A, extra: Buffer.from([0x75, 0x70, 0xff, 0x00, 1]) }),
      'not_an_archive',
    ),
  ];
}

function lengths(): Crafted[] {
  return [
    crafted('a size that is too small', zip({ ...A, size: 1 }), 'not_an_archive'),
    crafted('a size that is too large', zip({ ...A, size: 30 }), 'not_an_archive'),
    crafted('a size of 3 GiB', zip({ ...A, size: 3 * 1024 ** 3 }), 'too_large'),
    crafted('a size of 4 GiB without the field for it', zip({ ...A, size: 0xffffffff }), 'too_large'),
    crafted('a packed size that goes beyond the end', zip({ ...A, packedSize: 5000 }), 'not_an_archive'),
    crafted('a packed size that is too small', zip({ ...A, packedSize: 2 }), 'not_an_archive'),
    crafted('a stored file of two sizes', zip({ ...A, method: 0, size: 2 }), 'not_an_archive'),
    crafted('a wrong CRC', zip({ ...A, crc: 1 }), 'not_an_archive'),
    crafted('a wrong CRC of an empty file', zip({ ...A, content: '', crc: 1 }), 'not_an_archive'),
    crafted('data that was not packed', zip({ ...A, method: 8 }).fill(0xff, 31, 34), 'not_an_archive'),
  ];
}

function ends(): Crafted[] {
  const end = Buffer.from([0x50, 0x4b, 0x05, 0x06, ...Array(18).fill(0)]);
  return [
    crafted('more entries than there are', zipEnding({ entries: 9 }, A), 'not_an_archive'),
    crafted('65,535 entries, of which there is one', zipEnding({ entries: 0xffff }, A), 'not_an_archive'),
    crafted('a directory at the end of all', zipEnding({ directoryOffset: 5000 }, A), 'not_an_archive'),
    crafted('a directory at the beginning', zipEnding({ directoryOffset: 0 }, A), 'not_an_archive'),
    crafted('a part of several disks', zipEnding({ disk: 2 }, A), 'not_an_archive'),
    crafted('a comment', zipEnding({ comment: 'hello' }, A), KEPT),
    crafted(
      'a comment that is shorter than it says',
      zipEnding({ comment: 'hello', commentLength: 50 }, A),
      'not_an_archive',
    ),
    crafted('more behind the end', zipEnding({ after: Buffer.from('x') }, A), 'not_an_archive'),
    crafted('another end in the comment', zipEnding({ comment: end }, A), {}),
    crafted('a program before it', zipEnding({ before: Buffer.from('#!/bin/sh\n') }, A), 'not_an_archive'),
    crafted('no entry', zip(), {}),
    crafted('only an end', end, {}),
    crafted('nothing', Buffer.alloc(0), 'not_an_archive'),
    crafted('text', Buffer.from('hello '.repeat(50)), 'not_an_archive'),
    crafted('a tar.gz', tarGz({ name: 'a' }), 'not_an_archive'),
    crafted('zeros', Buffer.alloc(4096), 'not_an_archive'),
  ];
}

function cuts(): Crafted[] {
  const whole = zip(A, { ...A, name: 'b', content: 'x'.repeat(3000) }, { ...A, name: 'c' });
  const shares = [0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.99];
  return [
    ...shares.map((share) =>
      crafted(
        `a zip of which ${share * 100} % came`,
        whole.subarray(0, Math.floor(share * whole.length)),
        'not_an_archive',
      ),
    ),
    ...shares.map((share) =>
      crafted(
        `a zip without its first ${share * 100} %`,
        whole.subarray(Math.ceil(share * (whole.length - 40))),
        'not_an_archive',
      ),
    ),
  ];
}

function bombs(): Crafted[] {
  const mib = 1024 * 1024;
  const zeros = '\0'.repeat(mib);
  return [
    crafted(
      'files that share one bomb',
      zip(
        { name: 'f', content: zeros },
        ...Array.from({ length: 20 }, (_, n) => ({ name: `g${n}`, content: zeros, overlap: 0 })),
      ),
      'ratio',
    ),
    crafted(
      'a bomb that says it is small',
      zip({ name: 'a', content: '\0'.repeat(12 * mib), size: 10 }),
      'not_an_archive',
    ),
    crafted(
      'a bomb with its size behind it',
      zip({ name: 'a', content: '\0'.repeat(12 * mib), descriptor: true }),
      'ratio',
    ),
    crafted('one entry too many', zip(A, { ...A, name: 'b' }), 'too_many_entries', {
      limits: { entries: 1 },
    }),
    crafted(
      'many entries of one file',
      zip(A, ...Array.from({ length: 500 }, () => ({ ...A, overlap: 0 }))),
      'collision',
    ),
  ];
}
