/** Zips that are refused. */
import { tarGz, type ZipPiece, zip } from '../craft.ts';
import { BAD_NAMES, type Case } from './case.ts';
import { file, zfile } from './tar.ts';

const zlink = (name: string, target: string): ZipPiece => ({ name, content: target, mode: 0o120777 });

export const ZIP: Case[] = [
  ...BAD_NAMES.map(([claim, name]): Case => ({ claim, bytes: zip(zfile(name)), code: 'path_outside' })),
  { claim: 'a NUL in a name', bytes: zip(zfile('a\0b')), code: 'path_outside' },
  { claim: 'an empty name', bytes: zip(zfile('')), code: 'path_outside' },
  { claim: 'a link to an absolute path', bytes: zip(zlink('a', '/etc/passwd')), code: 'link_outside' },
  { claim: 'a link up', bytes: zip(zlink('a', '../outside.txt')), code: 'link_outside' },
  {
    claim: 'a link that leaves through another',
    bytes: zip(zlink('e', 'd/up/../outside.txt'), zlink('d/up', '..')),
    code: 'link_outside',
  },
  { claim: 'links in a circle', bytes: zip(zlink('a', 'b'), zlink('b', 'a')), code: 'link_outside' },
  { claim: 'a link with an empty target', bytes: zip(zlink('a', '')), code: 'link_outside' },
  { claim: 'a link of 5000 bytes', bytes: zip(zlink('a', 'x'.repeat(5000))), code: 'too_large' },
  { claim: 'a file below a link', bytes: zip(zlink('d', '.'), zfile('d/a')), code: 'collision' },
  { claim: 'the same file twice', bytes: zip(zfile('a'), zfile('a')), code: 'collision' },
  { claim: 'files that differ in case', bytes: zip(zfile('README'), zfile('readme')), code: 'collision' },
  { claim: 'a file below a file', bytes: zip(zfile('a'), zfile('a/b')), code: 'collision' },
  { claim: 'a character device', bytes: zip({ name: 'null', mode: 0o020666 }), code: 'unsupported_entry' },
  { claim: 'a named pipe', bytes: zip({ name: 'pipe', mode: 0o010644 }), code: 'unsupported_entry' },
  { claim: 'a socket', bytes: zip({ name: 'socket', mode: 0o140644 }), code: 'unsupported_entry' },
  { claim: 'an encrypted file', bytes: zip({ ...zfile('a'), flags: 0x801 }), code: 'unsupported_entry' },
  {
    claim: 'a packing method nobody knows',
    bytes: zip({ ...zfile('a'), method: 93 }),
    code: 'unsupported_entry',
  },
  { claim: 'a folder with content', bytes: zip(zfile('a/')), code: 'unsupported_entry' },
  {
    claim: 'a name that is not UTF-8',
    bytes: zip({ name: Buffer.from([0xff, 0xfe]), flags: 0 }),
    code: 'unsupported_entry',
  },
  { claim: 'an empty file', bytes: Buffer.alloc(0), code: 'not_an_archive' },
  { claim: 'a tar.gz that is called zip', bytes: tarGz(file('a')), code: 'not_an_archive' },
  { claim: 'a zip without its end', bytes: zip(zfile('a')).subarray(0, -10), code: 'not_an_archive' },
  { claim: 'a wrong CRC', bytes: zip({ ...zfile('a'), crc: 1 }), code: 'not_an_archive' },
  {
    claim: 'a size that is too small',
    bytes: zip({ ...zfile('a', 'abcdef'), size: 2 }),
    code: 'not_an_archive',
  },
  {
    claim: 'a size that is too large',
    bytes: zip({ ...zfile('a', 'abcdef'), size: 20 }),
    code: 'not_an_archive',
  },
  {
    claim: 'too many entries',
    bytes: zip(zfile('a'), zfile('b'), zfile('c')),
    limits: { entries: 2 },
    code: 'too_many_entries',
  },
  {
    claim: 'a file over its limit',
    bytes: zip(zfile('a', 'x'.repeat(101))),
    limits: { fileBytes: 100 },
    code: 'too_large',
  },
  {
    claim: 'a tree over its limit',
    bytes: zip(zfile('a', 'x'.repeat(90)), zfile('b', 'x'.repeat(90))),
    limits: { totalBytes: 100 },
    code: 'too_large',
  },
  { claim: 'a bomb in one file', bytes: zip(zfile('a', '\0'.repeat(12 * 1024 * 1024))), code: 'ratio' },
  {
    claim: 'a bomb of files that share their data',
    bytes: zip(
      zfile('f0', '\0'.repeat(1024 * 1024)),
      ...Array.from({ length: 20 }, (_, n) => ({ ...zfile(`g${n}`, '\0'.repeat(1024 * 1024)), overlap: 0 })),
    ),
    code: 'ratio',
  },
];
