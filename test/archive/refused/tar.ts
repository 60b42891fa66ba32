/** Tars that are refused. */

import { gzipSync } from 'node:zlib';
import { END, pax, type TarPiece, tarGz, tarPiece, type ZipPiece, zip } from '../craft.ts';
import { BAD_NAMES, type Case } from './case.ts';

const link = (name: string, target: string): TarPiece => ({ name, type: '2', linkName: target });

const hard = (name: string, target: string): TarPiece => ({ name, type: '1', linkName: target });

export const file = (name: string, content = 'x'): TarPiece => ({ name, content });

export const zfile = (name: string, content = 'x'): ZipPiece => ({ name, content, mode: 0o100644 });

export const TAR: Case[] = [
  ...BAD_NAMES.map(([claim, name]): Case => ({ claim, bytes: tarGz(file(name)), code: 'path_outside' })),
  {
    claim: 'a way up hidden in a pax path',
    bytes: tarGz(pax({ path: '../outside.txt' }), file('a')),
    code: 'path_outside',
  },
  { claim: 'a NUL in a pax path', bytes: tarGz(pax({ path: 'a\0b' }), file('a')), code: 'path_outside' },
  {
    claim: 'a way up in a GNU long name',
    bytes: tarGz({ type: 'L', content: '../outside.txt\0' }, file('a')),
    code: 'path_outside',
  },
  {
    claim: 'a way up in the prefix field',
    bytes: tarGz({ ...file('outside.txt'), prefix: '..' }),
    code: 'path_outside',
  },
  {
    claim: 'a way up before stripping',
    bytes: tarGz(file('../outside.txt')),
    strip: 1,
    code: 'path_outside',
  },
  { claim: 'an empty name', bytes: tarGz(file('')), code: 'path_outside' },

  { claim: 'a link to an absolute path', bytes: tarGz(link('a', '/etc/passwd')), code: 'link_outside' },
  { claim: 'a link up', bytes: tarGz(link('a', '../outside.txt')), code: 'link_outside' },
  { claim: 'a link up from below', bytes: tarGz(link('d/a', '../../outside.txt')), code: 'link_outside' },
  {
    claim: 'a link that leaves through another',
    bytes: tarGz(link('d/up', '..'), link('e', 'd/up/../outside.txt')),
    code: 'link_outside',
  },
  {
    claim: 'the same in the other order',
    bytes: tarGz(link('e', 'd/up/../outside.txt'), link('d/up', '..')),
    code: 'link_outside',
  },
  {
    claim: 'a link that leaves by a name in other case',
    bytes: tarGz(link('d/up', '..'), link('e', 'D/UP/../outside.txt')),
    code: 'link_outside',
  },
  { claim: 'links in a circle', bytes: tarGz(link('a', 'b'), link('b', 'a')), code: 'link_outside' },
  { claim: 'a link to itself', bytes: tarGz(link('a', 'a')), code: 'link_outside' },
  { claim: 'a link with an empty target', bytes: tarGz(link('a', '')), code: 'link_outside' },
  { claim: 'a link with a backslash', bytes: tarGz(link('a', '..\\outside.txt')), code: 'link_outside' },
  { claim: 'a link with a drive letter', bytes: tarGz(link('a', 'C:/x')), code: 'link_outside' },
  {
    claim: 'a long target in a pax header',
    bytes: tarGz(pax({ linkpath: '../outside.txt' }), link('a', 'b')),
    code: 'link_outside',
  },
  { claim: 'a link in the place of the root', bytes: tarGz(link('./', '..')), code: 'link_outside' },
  { claim: 'a hard link out', bytes: tarGz(hard('a', '../outside.txt')), code: 'path_outside' },
  { claim: 'a hard link to an absolute path', bytes: tarGz(hard('a', '/etc/passwd')), code: 'path_outside' },
  { claim: 'a hard link to what is not there', bytes: tarGz(hard('a', 'b')), code: 'link_outside' },
  {
    claim: 'a hard link to a symbolic link',
    bytes: tarGz(link('b', 'c'), hard('a', 'b')),
    code: 'link_outside',
  },
  {
    claim: 'a hard link to a folder',
    bytes: tarGz({ name: 'd', type: '5' }, hard('a', 'd')),
    code: 'link_outside',
  },

  { claim: 'a file below a link', bytes: tarGz(link('d', '.'), file('d/a')), code: 'collision' },
  { claim: 'a file in the place of a link', bytes: tarGz(link('a', 'b'), file('a')), code: 'collision' },
  {
    claim: 'a folder in the place of a link',
    bytes: tarGz(link('a', '.'), { name: 'a', type: '5' }),
    code: 'collision',
  },
  { claim: 'a link in the place of a folder', bytes: tarGz(file('a/b'), link('a', '.')), code: 'collision' },
  { claim: 'a file below a file', bytes: tarGz(file('a'), file('a/b')), code: 'collision' },
  { claim: 'the same file twice', bytes: tarGz(file('a'), file('a')), code: 'collision' },
  {
    claim: 'the same file spelled in two ways',
    bytes: tarGz(file('a/b'), file('./a//b')),
    code: 'collision',
  },
  { claim: 'files that differ in case', bytes: tarGz(file('README'), file('readme')), code: 'collision' },
  { claim: 'folders that differ in case', bytes: tarGz(file('A/x'), file('a/y')), code: 'collision' },
  {
    claim: 'files that differ in Unicode form',
    bytes: tarGz(file('\u00e9'), file('e\u0301')),
    code: 'collision',
  },
  {
    claim: 'files that fold to the same',
    bytes: tarGz(file('stra\u00dfe'), file('STRASSE')),
    code: 'collision',
  },
  {
    claim: 'two wrapped trees in one',
    bytes: tarGz(file('one/a'), file('two/a')),
    strip: 1,
    code: 'collision',
  },

  { claim: 'a character device', bytes: tarGz({ name: 'null', type: '3' }), code: 'unsupported_entry' },
  { claim: 'a block device', bytes: tarGz({ name: 'sda', type: '4' }), code: 'unsupported_entry' },
  { claim: 'a named pipe', bytes: tarGz({ name: 'pipe', type: '6' }), code: 'unsupported_entry' },
  { claim: 'a GNU sparse file', bytes: tarGz({ name: 'sparse', type: 'S' }), code: 'unsupported_entry' },
  {
    claim: 'a pax sparse file',
    bytes: tarGz(pax({ 'GNU.sparse.major': '1' }), file('a')),
    code: 'unsupported_entry',
  },
  { claim: 'an unknown type', bytes: tarGz({ name: 'a', type: 'Z' }), code: 'unsupported_entry' },
  {
    claim: 'a folder with content',
    bytes: tarGz({ name: 'a', type: '5', content: 'x' }),
    code: 'unsupported_entry',
  },
  {
    claim: 'a link with content',
    bytes: tarGz({ ...link('a', 'b'), content: 'x' }),
    code: 'unsupported_entry',
  },
  {
    claim: 'a name that is not UTF-8',
    bytes: tarGz({ name: Buffer.from([0xff, 0xfe]) }),
    code: 'unsupported_entry',
  },

  { claim: 'an empty file', bytes: Buffer.alloc(0), code: 'not_an_archive' },
  { claim: 'text', bytes: Buffer.from('hello'), code: 'not_an_archive' },
  { claim: 'a zip that is called tar.gz', bytes: zip(zfile('a')), code: 'not_an_archive' },
  { claim: 'gzipped text', bytes: gzipSync('hello'), code: 'not_an_archive' },
  {
    claim: 'gzipped text of more than a block',
    bytes: gzipSync('hello'.repeat(500)),
    code: 'not_an_archive',
  },
  { claim: 'gzip of nothing', bytes: gzipSync(''), code: 'not_an_archive' },
  { claim: 'a wrong checksum', bytes: tarGz({ ...file('a'), badChecksum: true }), code: 'not_an_archive' },
  {
    claim: 'a size that is no number',
    bytes: tarGz({ ...file('a'), sizeField: Buffer.from('12x45678901\0') }),
    code: 'not_an_archive',
  },
  {
    claim: 'a negative size',
    bytes: tarGz({ ...file('a'), sizeField: Buffer.from('-0000000001\0') }),
    code: 'not_an_archive',
  },
  {
    claim: 'a size beyond all numbers',
    bytes: tarGz({ ...file('a'), sizeField: Buffer.alloc(12, 0xff).fill(0x80, 0, 1) }),
    code: 'not_an_archive',
  },
  {
    claim: 'a pax size that is no number',
    bytes: tarGz(pax({ size: '-1' }), file('a')),
    code: 'not_an_archive',
  },
  {
    claim: 'a broken pax record',
    bytes: tarGz({ type: 'x', content: '99 path=a\n' }, file('a')),
    code: 'not_an_archive',
  },
  {
    claim: 'a pax header that belongs to nothing',
    bytes: gzipSync(tarPiece(pax({ path: 'a' }))),
    code: 'not_an_archive',
  },
  {
    claim: 'a tar cut off in a file',
    bytes: gzipSync(tarPiece(file('a', 'x'.repeat(2000))).subarray(0, 1000)),
    code: 'not_an_archive',
  },
  {
    claim: 'a tar cut off in a header',
    bytes: gzipSync(Buffer.concat([tarPiece(file('a')), Buffer.from('b')])),
    code: 'not_an_archive',
  },
  {
    claim: 'a gzip cut off',
    bytes: tarGz(file('a', 'abc'.repeat(999))).subarray(0, 60),
    code: 'not_an_archive',
  },

  {
    claim: 'too many entries',
    bytes: tarGz(file('a'), file('b'), file('c')),
    limits: { entries: 2 },
    code: 'too_many_entries',
  },
  {
    claim: 'a file over its limit',
    bytes: tarGz(file('a', 'x'.repeat(101))),
    limits: { fileBytes: 100 },
    code: 'too_large',
  },
  {
    claim: 'a tree over its limit',
    bytes: tarGz(file('a', 'x'.repeat(5000)), file('b', 'x'.repeat(5000))),
    limits: { totalBytes: 8000 },
    code: 'too_large',
  },
  { claim: 'a file that declares 2 GiB', bytes: tarGz({ ...file('a'), size: 2 ** 31 }), code: 'too_large' },
  {
    claim: 'a path that is too long',
    bytes: tarGz(pax({ path: `${'d/'.repeat(20)}${'n'.repeat(1000)}` }), file('a')),
    code: 'too_large',
  },
  {
    claim: 'a name of 256 bytes',
    bytes: tarGz(pax({ path: 'n'.repeat(256) }), file('a')),
    code: 'too_large',
  },
  {
    claim: 'a path that is too deep',
    bytes: tarGz(pax({ path: `${'d/'.repeat(70)}f` }), file('a')),
    code: 'too_large',
  },
  {
    claim: 'a pax header of 2 MiB',
    bytes: tarGz(pax({ comment: 'x'.repeat(2 * 1024 * 1024) }), file('a')),
    code: 'too_large',
  },
  { claim: 'a bomb in one file', bytes: tarGz(file('a', '\0'.repeat(12 * 1024 * 1024))), code: 'ratio' },
  {
    claim: 'a bomb of headers',
    bytes: gzipSync(Buffer.concat([...Array(30_000).fill(tarPiece(pax({ path: 'a' }))), END])),
    code: 'ratio',
  },
];
