import { Readable, Transform } from 'node:stream';
import { createGzip } from 'node:zlib';
import {
  COMPRESSION_LEVEL,
  contentOf,
  FIXED_SECONDS,
  type FileToPack,
  type Written,
  writeDigested,
} from './reproducible.ts';
import { BLOCK, encodeHeader, encodePax } from './tar-header.ts';

/** Bytes that a ustar header holds for a name and for a link's target. Longer ones go to a pax header. */
const NAME_FIELD = 100;
/** 8 GiB less one: what eleven octal digits say. */
const SIZE_FIELD = 8 ** 11 - 1;

export interface TarGzOptions {
  readonly onFile?: (file: FileToPack) => void;
  /** Of gzip; another one makes other bytes of the same files. */
  readonly level?: number;
  /** Packing ends as soon as the archive has more. */
  readonly maxBytes?: number | undefined;
}

/** Packs files in the order given, without compression. @throws ArchiveError a file changed meanwhile */
export async function writeTar(files: Iterable<FileToPack>, out: string): Promise<Written> {
  const tar = Readable.from(
    tarOf(files, () => {}),
    { objectMode: false, highWaterMark: 256 * 1024 },
  );
  return writeDigested(tar, out);
}

/** Packs files in the order given. @throws ArchiveError a file changed meanwhile, or too_large */
export async function writeTarGz(
  files: Iterable<FileToPack>,
  out: string,
  { onFile = () => {}, level = COMPRESSION_LEVEL, maxBytes }: TarGzOptions = {},
): Promise<Written> {
  const gzip = createGzip({ level });
  const tar = Readable.from(tarOf(files, onFile), { objectMode: false, highWaterMark: 256 * 1024 });
  tar.on('error', (error) => gzip.destroy(error));
  tar.pipe(gzip);
  try {
    return await writeDigested(gzip.pipe(anySystem(gzip)), out, maxBytes);
  } finally {
    tar.destroy();
    gzip.destroy();
  }
}

/** Byte 9 of gzip's header names the system that packed (RFC 1952, section 2.3.1): 255, unknown, on all of them. */
function anySystem(gzip: Readable): Transform {
  let at = 0;
  const patch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (at <= 9 && at + chunk.length > 9) chunk[9 - at] = 255;
      at += chunk.length;
      done(null, chunk);
    },
  });
  gzip.on('error', (error) => patch.destroy(error));
  return patch;
}

async function* tarOf(
  files: Iterable<FileToPack>,
  onFile: (file: FileToPack) => void,
): AsyncGenerator<Buffer> {
  for (const file of files) {
    yield headerOf(file);
    if (file.kind === 'file') {
      yield* contentOf(file);
      yield padding(file.size);
    }
    onFile(file);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headerOf(file: FileToPack): Buffer {
  const name = file.kind === 'folder' ? `${file.name}/` : file.name;
  const size = file.kind === 'file' ? file.size : 0;
  const records = new Map<string, string>();
  if (Buffer.byteLength(name) > NAME_FIELD) records.set('path', name);
  if (Buffer.byteLength(file.target) > NAME_FIELD) records.set('linkpath', file.target);
  if (size > SIZE_FIELD) records.set('size', String(size));
  const header = encodeHeader({
    name: cut(name),
    linkName: cut(file.target),
    mode: file.kind === 'folder' || file.executable ? 0o755 : file.kind === 'link' ? 0o777 : 0o644,
    size: Math.min(size, SIZE_FIELD),
    type: file.kind === 'file' ? '0' : file.kind === 'folder' ? '5' : '2',
    mtimeSeconds: FIXED_SECONDS,
  });
  if (records.size === 0) return header;
  const pax = encodePax(records);
  const before = encodeHeader({
    name: 'PaxHeader',
    linkName: '',
    mode: 0o644,
    size: pax.length,
    type: 'x',
    mtimeSeconds: FIXED_SECONDS,
  });
  return Buffer.concat([before, pax, padding(pax.length), header]);
}

/** Whole characters only, so that programs which know no pax still see text. */
function cut(name: string): string {
  let kept = name.slice(0, NAME_FIELD);
  while (Buffer.byteLength(kept) > NAME_FIELD || !kept.isWellFormed()) kept = kept.slice(0, -1);
  return kept;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
