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
  /** Point at the data of the entry of this index instead of at one's own. */
  readonly overlap?: number;
}

export function zip(...pieces: ZipPiece[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    const name = Buffer.from(piece.name);
    const content = Buffer.from(piece.content ?? '');
    const method = piece.method ?? 8;
    const data = method === 8 ? deflateRawSync(content) : content;
    const crc = piece.crc ?? crc32(content);
    const size = piece.size ?? content.length;
    const flags = piece.flags ?? 0x800;
    const offset = piece.overlap === undefined ? at : (offsets[piece.overlap] ?? 0);
    offsets.push(offset);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(name.length, 26);
    if (piece.overlap === undefined) {
      locals.push(local, name, data);
      at += 30 + name.length + data.length;
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE((piece.mode === undefined ? 0 : 3 << 8) | 20, 4);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(((piece.mode ?? 0) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    centrals.push(central, name);
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(pieces.length, 8);
  end.writeUInt16LE(pieces.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}
