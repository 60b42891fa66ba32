/** Gzipped tar archives (POSIX.1-2017, pax): files, folders and symbolic links. Anything else is refused. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ArchiveError, type Unpacked } from './entry.ts';

const BLOCK = 512;
/** For a pax header: a path has 4 KiB at most. */
const MAX_HEADER = 1024 * 1024;

const damaged = (why: string): ArchiveError => new ArchiveError(`The tar archive is damaged: ${why}.`);

/** @throws ArchiveError */
export async function unpackTarGz(archive: string, into: Unpacked): Promise<void> {
  const source = createReadStream(archive);
  const content = source.pipe(createGunzip());
  source.once('error', (error) => content.destroy(error));
  const bytes = new Bytes(content[Symbol.asyncIterator]());
  try {
    let extended: Record<string, string> = {};
    for (;;) {
      const block = await bytes.take(BLOCK);
      if (block.every((byte) => byte === 0)) return;
      const header = headerOf(block);
      if (header.type === 'x' || header.type === 'L' || header.type === 'K') {
        if (header.size > MAX_HEADER) throw damaged('a header is too long');
        const text = await bytes.padded(header.size);
        extended = { ...extended, ...extension(header.type, text) };
        continue;
      }
      await unpackEntry(header, extended, bytes, into);
      extended = {};
    }
  } catch (error) {
    throw isOfZlib(error) ? damaged(error.message) : error;
  } finally {
    content.destroy();
    source.destroy();
  }
}

interface Header {
  readonly name: string;
  readonly link: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
}

async function unpackEntry(
  header: Header,
  extended: Readonly<Record<string, string>>,
  bytes: Bytes,
  into: Unpacked,
): Promise<void> {
  const name = extended.path ?? header.name;
  const size = extended.size === undefined ? header.size : Number(extended.size);
  if (!Number.isSafeInteger(size) || size < 0) throw damaged(`the size of '${name}' cannot be read`);
  if (header.type === '0' || header.type === '\0') {
    const executable = (header.mode & 0o111) !== 0;
    await into.addFile(name, { size, executable }, bytes.stream(size));
    await bytes.take(padding(size));
  } else if (header.type === '5') into.addFolder(name);
  else if (header.type === '2') into.addLink(name, extended.linkpath ?? header.link);
  else if (header.type === 'g') await bytes.padded(Math.min(size, MAX_HEADER));
  else throw new ArchiveError(`The archive has '${name}', which is no file, folder or symbolic link.`);
}

function headerOf(block: Buffer): Header {
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (octal(block, 148, 8) !== sum) throw damaged('the checksum of a header is wrong');
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: text(block, 157, 100),
    mode: octal(block, 100, 8),
    size: octal(block, 124, 12),
    type: block.toString('latin1', 156, 157),
  };
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = text(block, start, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw damaged('a number cannot be read');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** A pax header, or a long name of GNU tar. */
function extension(type: string, bytes: Buffer): Record<string, string> {
  if (type !== 'x') return { [type === 'L' ? 'path' : 'linkpath']: text(bytes, 0, bytes.length) };
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space === -1 || !(length > 0) || at + length > bytes.length)
      throw damaged('a pax header cannot be read');
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** What is left of a stream. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.stream(count)) parts.push(part);
    return Buffer.concat(parts);
  }

  async padded(count: number): Promise<Buffer> {
    const content = await this.take(count);
    await this.take(padding(count));
    return content;
  }

  async *stream(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done) throw damaged('it is cut off');
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
}

const isOfZlib = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
