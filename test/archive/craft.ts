/** Archives written byte by byte, as libraries refuse to write what an attacker would. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

export interface TarPiece {
  readonly name?: string | Buffer;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly linkName?: string;
  readonly mode?: number;
  readonly prefix?: string;
  /** The size that the header declares, when it is to differ from the content's. */
  readonly size?: number;
  readonly sizeField?: Buffer;
  readonly badChecksum?: boolean;
  readonly magic?: string;
}

export function tarPiece(piece: TarPiece): Buffer {
  const content = Buffer.from(piece.content ?? '');
  const block = Buffer.alloc(512);
  Buffer.from(piece.name ?? 'file').copy(block, 0, 0, 100);
  block.write(`${(piece.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100);
  block.write('0000000\x000000000\0', 108);
  block.write(`${(piece.size ?? content.length).toString(8).padStart(11, '0')}\0`, 124);
  piece.sizeField?.copy(block, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(piece.type ?? '0', 156, 'latin1');
  block.write(piece.linkName ?? '', 157);
  block.write(piece.magic ?? 'ustar\x0000', 257, 'latin1');
  block.write(piece.prefix ?? '', 345);
  const sum = block.reduce((total, byte) => total + byte, 0) + (piece.badChecksum === true ? 1 : 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export const END = Buffer.alloc(1024);

export function tarGz(...pieces: (TarPiece | Buffer)[]): Buffer {
  const blocks = pieces.map((piece) => (Buffer.isBuffer(piece) ? piece : tarPiece(piece)));
  return gzipSync(Buffer.concat([...blocks, END]));
}

/** A pax header with the records given, before the entry that follows. */
export function pax(records: Record<string, string>, type = 'x'): TarPiece {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + 1;
    while (length !== rest + String(length).length) length = rest + String(length).length;
    return `${length} ${key}=${value}\n`;
  });
  return { name: 'PaxHeader', type, content: lines.join('') };
}

export interface ZipPiece {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** Unix mode with type bits; undefined makes an entry of MS-DOS. */
  readonly mode?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** The size that the headers declare, when it is to differ. */
  readonly size?: number;
  /** The packed size that the headers declare. */
  readonly packedSize?: number;
  /** Point at the data of the entry of this index instead of at one's own. */
  readonly overlap?: number;
  /** Where the central directory says that the entry begins. */
  readonly offset?: number;
  /** What only the local header says: another name, flags, a method, a size. */
  readonly local?: { name?: string; flags?: number; method?: number; size?: number };
  /** Sizes and CRC stand behind the data (bit 3 of the flags). */
  readonly descriptor?: boolean;
  /** The system that made it (upper byte of "version made by"): 0 MS-DOS, 3 Unix, 10 NTFS, 19 macOS. */
  readonly madeBy?: number;
  /** External attributes in full; `mode` otherwise. */
  readonly attributes?: number;
  readonly extra?: Buffer;
  readonly comment?: string;
}

function zipLocal(piece: ZipPiece, name: Buffer, data: Buffer, crc: number, size: number): Buffer {
  const localName = piece.local?.name === undefined ? name : Buffer.from(piece.local.name);
  const local = Buffer.alloc(30);
  const behind = piece.descriptor === true;
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(piece.local?.flags ?? flagsOf(piece), 6);
  local.writeUInt16LE(piece.local?.method ?? piece.method ?? 8, 8);
  local.writeUInt32LE(behind ? 0 : crc, 14);
  local.writeUInt32LE(behind ? 0 : (piece.packedSize ?? data.length), 18);
  local.writeUInt32LE(behind ? 0 : (piece.local?.size ?? size), 22);
  local.writeUInt16LE(localName.length, 26);
  const descriptor = Buffer.alloc(behind ? 16 : 0);
  if (behind) {
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(crc, 4);
    descriptor.writeUInt32LE(data.length, 8);
    descriptor.writeUInt32LE(size, 12);
  }
  return Buffer.concat([local, localName, data, descriptor]);
}

const flagsOf = (piece: ZipPiece): number => (piece.flags ?? 0x800) | (piece.descriptor === true ? 8 : 0);

function zipCentral(
  piece: ZipPiece,
  name: Buffer,
  data: Buffer,
  crc: number,
  size: number,
  offset: number,
): Buffer {
  const central = Buffer.alloc(46);
  const extra = piece.extra ?? Buffer.alloc(0);
  const comment = Buffer.from(piece.comment ?? '');
  const madeBy = piece.madeBy ?? (piece.mode === undefined ? 0 : 3);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE((madeBy << 8) | 20, 4);
  central.writeUInt16LE(20, 6);
  central.writeUInt16LE(flagsOf(piece), 8);
  central.writeUInt16LE(piece.method ?? 8, 10);
  central.writeUInt32LE(crc, 16);
  central.writeUInt32LE(piece.packedSize ?? data.length, 20);
  central.writeUInt32LE(size, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt16LE(comment.length, 32);
  central.writeUInt32LE(piece.attributes ?? ((piece.mode ?? 0) << 16) >>> 0, 38);
  central.writeUInt32LE(piece.offset ?? offset, 42);
  return Buffer.concat([central, name, extra, comment]);
}

/** How the end of a zip may lie; every field as it should be when absent. */
export interface ZipEnd {
  readonly entries?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
  readonly disk?: number;
  readonly comment?: string | Buffer;
  /** Says that the comment has this many bytes. */
  readonly commentLength?: number;
  readonly before?: Buffer;
  readonly after?: Buffer;
}

export function zip(...pieces: ZipPiece[]): Buffer {
  return zipEnding({}, ...pieces);
}

export function zipEnding(end: ZipEnd, ...pieces: ZipPiece[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    const name = Buffer.from(piece.name);
    const content = Buffer.from(piece.content ?? '');
    const data = (piece.method ?? 8) === 8 ? deflateRawSync(content) : content;
    const crc = piece.crc ?? crc32(content);
    const size = piece.size ?? content.length;
    const offset = piece.overlap === undefined ? at : (offsets[piece.overlap] ?? 0);
    offsets.push(offset);
    if (piece.overlap === undefined) {
      const local = zipLocal(piece, name, data, crc, size);
      locals.push(local);
      at += local.length;
    }
    centrals.push(zipCentral(piece, name, data, crc, size, offset));
  }
  const directory = Buffer.concat(centrals);
  const comment = Buffer.from(end.comment ?? '');
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(end.disk ?? 0, 4);
  record.writeUInt16LE(end.entries ?? pieces.length, 8);
  record.writeUInt16LE(end.entries ?? pieces.length, 10);
  record.writeUInt32LE(end.directorySize ?? directory.length, 12);
  record.writeUInt32LE(end.directoryOffset ?? at, 16);
  record.writeUInt16LE(end.commentLength ?? comment.length, 20);
  const after = end.after ?? Buffer.alloc(0);
  return Buffer.concat([end.before ?? Buffer.alloc(0), ...locals, directory, record, comment, after]);
}

/** An extra field of a zip entry: its id, its length, its bytes (APPNOTE 4.5). */
export function zipExtra(id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}
