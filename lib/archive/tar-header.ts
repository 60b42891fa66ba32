/** The 512-byte header of tar (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"). */
import { ArchiveError } from './error.ts';

export const BLOCK = 512;

export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly size: number;
  /** One character; NUL, the type of pre-POSIX files, is given as `0`. */
  readonly type: string;
}

const damaged = (what: string): ArchiveError =>
  new ArchiveError('not_an_archive', `This is not a tar archive, or it is damaged: ${what}.`);

export function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const shown = bytes.toString('latin1');
    throw new ArchiveError('unsupported_entry', `The name '${shown}' is not written in UTF-8.`, shown);
  }
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return utf8(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 when the first bit is set (GNU tar's way for 8 GiB and more). */
function number(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (field[0] === 0x80) {
    const value = BigInt(`0x${field.subarray(1).toString('hex')}`);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('a number is too large');
    return Number(value);
  }
  const digits = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw damaged('a number in a header cannot be read');
  return Number.parseInt(digits, 8);
}

/** Sum of all bytes, those of the checksum field (148 to 155) counted as spaces. Some old tars summed signed bytes. */
function checksumMatches(block: Buffer): boolean {
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let at = 0; at < BLOCK; at += 1) {
    if (at >= 148 && at < 156) continue;
    unsigned += block.readUInt8(at);
    signed += block.readInt8(at);
  }
  const written = number(block, 148, 8);
  return written === unsigned || written === signed;
}

/** @returns undefined for a block of zeros, which ends an archive @throws ArchiveError not_an_archive */
export function decodeHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (!checksumMatches(block)) throw damaged('the checksum of a header does not match');
  // Only POSIX's own magic has the prefix field: GNU's ("ustar  ") keeps times there.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const type = String.fromCharCode(block.readUInt8(156)).replace('\0', '0');
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block, 157, 100),
    mode: number(block, 100, 8),
    size: number(block, 124, 12),
    type,
  };
}

/** @param header its name must fit 100 bytes; `paxRecords` says when a longer one is needed */
export function encodeHeader(header: TarHeader & { readonly mtimeSeconds: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, start: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1');
  };
  block.write(header.name, 0, 100, 'utf8');
  octal(header.mode, 100, 8);
  octal(0, 108, 8); // uid
  octal(0, 116, 8); // gid
  octal(header.size, 124, 12);
  octal(header.mtimeSeconds, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(header.type, 156, 'latin1');
  block.write(header.linkName, 157, 100, 'utf8');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** The key that stands for all keys of GNU tar's sparse files. */
export const SPARSE = 'GNU.sparse';

/** Records of a pax header: `<length> <key>=<value>\n`, the length in bytes and counting itself. */
export function decodePax(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space === -1 ? '' : bytes.toString('latin1', at, space);
    const length = /^[0-9]{1,9}$/.test(digits) ? Number.parseInt(digits, 10) : 0;
    const record = bytes.subarray(space + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (at + length > bytes.length || record.at(-1) !== 0x0a || equals < 1)
      throw damaged('an extended header cannot be read');
    const key = record.toString('utf8', 0, equals);
    const value = record.subarray(equals + 1, -1);
    // Other keys (times, vendors' attributes, a commit's sha) may hold bytes that are no text.
    if (key === 'path' || key === 'linkpath') records.set(key, utf8(value));
    else if (key === 'size') records.set(key, value.toString('latin1'));
    // One mark for all of these: a header may invent any number of them, and headers may follow one another.
    else if (key.startsWith('GNU.sparse.')) records.set(SPARSE, '');
    at += length;
  }
  return records;
}

export function encodePax(records: ReadonlyMap<string, string>): Buffer {
  const encoded = [...records].map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    let length = bytes + String(bytes).length;
    if (bytes + String(length).length > length) length += 1;
    return `${length}${rest}`;
  });
  return Buffer.from(encoded.join(''), 'utf8');
}
