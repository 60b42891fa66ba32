/**
 * Reads the entries of a tar stream: ustar, pax and GNU long names. Written here and not taken from a library, as every
 * doubt must be a refusal: an entry that two programs read in two ways is a way to smuggle one past a check.
 */
import { ByteReader } from './byte-reader.ts';
import { ArchiveError, quoted } from './error.ts';
import { BLOCK, decodeHeader, decodePax, SPARSE, type TarHeader, utf8 } from './tar-header.ts';

export interface TarEntry {
  readonly kind: 'file' | 'folder' | 'symbolic_link' | 'hard_link';
  readonly name: string;
  readonly linkName: string;
  readonly executable: boolean;
  readonly size: number;
  /** The bytes; what is left of them is skipped when the next entry is asked for. */
  readonly body: AsyncIterable<Buffer>;
}

/** 1 MiB for an extended header: a path has 4 KiB at most, the rest are attributes. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '7': 'file', // contiguous, which every system treats as a file
  '5': 'folder',
  '2': 'symbolic_link',
  '1': 'hard_link',
};
const REFUSED: Readonly<Record<string, string>> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a named pipe',
  S: 'a sparse file',
};

const cutOff = (): ArchiveError =>
  new ArchiveError('not_an_archive', 'The archive ends in the middle of an entry: it is cut off.');

/** @throws ArchiveError not_an_archive, unsupported_entry, too_large */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(chunks);
  try {
    yield* entriesOf(reader);
  } finally {
    await reader.close();
  }
}

async function* entriesOf(reader: ByteReader): AsyncGenerator<TarEntry> {
  let extended = new Map<string, string>();
  for (let first = true; ; first = false) {
    const block = await reader.read(BLOCK);
    if (block.length === 0 && !first && extended.size === 0) return;
    if (block.length < BLOCK) {
      if (first) throw new ArchiveError('not_an_archive', 'This is not a tar archive: it is too short.');
      throw cutOff();
    }
    const header = decodeHeader(block);
    if (header === undefined) return;
    if ('xgXLK'.includes(header.type)) {
      const records = await extension(reader, header);
      if (header.type !== 'g') extended = new Map([...extended, ...records]);
      continue;
    }
    const entry = entryOf(header, extended);
    extended = new Map();
    const body = new Body(reader, entry.size);
    yield { ...entry, body };
    await body.skip();
  }
}

/** Extended headers say something of the entry that follows. A global one (`g`) may not rename entries: not used. */
async function extension(reader: ByteReader, header: TarHeader): Promise<Map<string, string>> {
  if (header.size > MAX_EXTENSION_BYTES)
    throw new ArchiveError('too_large', 'An extended header of the archive has more than 1 MiB.');
  const padded = Math.ceil(header.size / BLOCK) * BLOCK;
  const bytes = await reader.read(padded);
  if (bytes.length < padded) throw cutOff();
  const content = bytes.subarray(0, header.size);
  if (header.type === 'g') return new Map();
  if (header.type === 'x' || header.type === 'X') return decodePax(content);
  const end = content.indexOf(0);
  const name = utf8(end === -1 ? content : content.subarray(0, end));
  return new Map([[header.type === 'L' ? 'path' : 'linkpath', name]]);
}

function entryOf(header: TarHeader, extended: ReadonlyMap<string, string>): Omit<TarEntry, 'body'> {
  const name = extended.get('path') ?? header.name;
  const refuse = (why: string): never => {
    throw new ArchiveError('unsupported_entry', `${quoted(name)} is ${why}, which is not unpacked.`, name);
  };
  const sparse = extended.has(SPARSE);
  const kind = KINDS[header.type];
  if (kind === undefined || sparse)
    return refuse(
      sparse ? 'a sparse file' : (REFUSED[header.type] ?? `an entry of type ${quoted(header.type)}`),
    );
  const size = sizeOf(extended.get('size'), header.size);
  // Tars before POSIX marked folders by the slash alone.
  const isFolder = kind === 'folder' || (kind === 'file' && name.endsWith('/'));
  if (size > 0 && (isFolder || kind !== 'file')) refuse('a folder or link with content');
  return {
    kind: isFolder ? 'folder' : kind,
    name,
    linkName: extended.get('linkpath') ?? header.linkName,
    executable: (header.mode & 0o111) !== 0,
    size,
  };
}

function sizeOf(written: string | undefined, inHeader: number): number {
  if (written === undefined) return inHeader;
  const size = /^[0-9]{1,15}$/.test(written) ? Number.parseInt(written, 10) : Number.NaN;
  if (Number.isNaN(size))
    throw new ArchiveError('not_an_archive', 'The archive is damaged: the size of an entry cannot be read.');
  return size;
}

class Body implements AsyncIterable<Buffer> {
  readonly #reader: ByteReader;
  readonly #padding: number;
  #left: number;

  constructor(reader: ByteReader, size: number) {
    this.#reader = reader;
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const chunk = await this.#reader.some(this.#left);
      if (chunk === undefined) throw cutOff();
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async skip(): Promise<void> {
    for await (const _ of this);
    if ((await this.#reader.read(this.#padding)).length < this.#padding) throw cutOff();
  }
}
