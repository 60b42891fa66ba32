/** Reads the entries of a zip file through yauzl, checking what it leaves to its callers: names, modes, CRC. */
import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { ArchiveError, quoted } from './error.ts';
import type { Budget } from './limits.ts';
import { utf8 } from './tar-header.ts';

export interface ZipEntry {
  readonly kind: 'file' | 'folder' | 'symbolic_link';
  readonly name: string;
  readonly executable: boolean;
  /** As declared; yauzl ends the body with an error when it has another number of bytes. */
  readonly size: number;
  /** May be read once, before the next entry is asked for. */
  readonly body: AsyncIterable<Buffer>;
}

/** A link's target is a path: Linux takes 4096 bytes. */
export const MAX_TARGET_BYTES = 4096;

const damaged = (error: unknown): ArchiveError =>
  error instanceof ArchiveError
    ? error
    : new ArchiveError(
        'not_an_archive',
        `This is not a zip file, or it is damaged: ${error instanceof Error ? error.message : String(error)}.`,
      );

/** @throws ArchiveError not_an_archive, unsupported_entry, ratio, too_large */
export async function* readZip(packed: string | Buffer, budget: Budget): AsyncGenerator<ZipEntry> {
  budget.packedBytes = typeof packed === 'string' ? (await stat(packed)).size : packed.length;
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
  const opening =
    typeof packed === 'string'
      ? yauzl.openPromise(packed, options)
      : yauzl.fromBufferPromise(packed, options);
  const zip = await opening.catch((error: unknown) => {
    throw damaged(error);
  });
  try {
    for (;;) {
      const entry = await nextEntry(zip);
      if (entry === undefined) return;
      yield describe(zip, entry, budget);
    }
  } finally {
    zip.close();
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      zip.removeAllListeners();
      act();
    };
    zip.once('entry', (entry: Entry) => finish(() => resolve(entry)));
    zip.once('end', () => finish(() => resolve(undefined)));
    zip.once('error', (error) => finish(() => reject(damaged(error))));
    zip.readEntry();
  });
}

function describe(zip: ZipFile, entry: Entry, budget: Budget): ZipEntry {
  const name = nameOf(entry);
  const refuse = (why: string): never => {
    throw new ArchiveError('unsupported_entry', `${quoted(name)} is ${why}, which is not unpacked.`, name);
  };
  // The upper byte of "version made by": 3 is Unix, 19 is macOS; only they keep a mode (APPNOTE 4.4.2, 4.4.15).
  const mode = [3, 19].includes(entry.versionMadeBy >>> 8) ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & 0o170000;
  if (entry.isEncrypted()) refuse('encrypted');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    refuse(`packed by method ${entry.compressionMethod} (only stored and deflated are known)`);
  if (![0, 0o100000, 0o040000, 0o120000].includes(type)) refuse('a device, pipe or socket');
  const kind =
    name.endsWith('/') || type === 0o040000 ? 'folder' : type === 0o120000 ? 'symbolic_link' : 'file';
  if (kind === 'folder' && entry.uncompressedSize > 0) refuse('a folder with content');
  return {
    kind,
    name,
    executable: (mode & 0o111) !== 0,
    size: entry.uncompressedSize,
    body: bodyOf(zip, entry, name, budget),
  };
}

/** UTF-8 when bit 11 says so, and when it is valid: today's programs write it unmarked. Code page 437 is refused. */
function nameOf(entry: Entry): string {
  const unicode = yauzl.getFileNameLowLevel(
    entry.generalPurposeBitFlag | 0x800,
    entry.fileNameRaw,
    entry.extraFields,
    true,
  );
  return unicode.includes('\u{fffd}') ? utf8(entry.fileNameRaw) : unicode;
}

async function* bodyOf(zip: ZipFile, entry: Entry, name: string, budget: Budget): AsyncGenerator<Buffer> {
  let crc = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      const bytes: Buffer = chunk;
      budget.countBytes(bytes.length);
      crc = crc32(bytes, crc);
      yield bytes;
    }
  } catch (error) {
    throw damaged(error);
  }
  if (crc !== entry.crc32)
    throw new ArchiveError(
      'not_an_archive',
      `The zip file is damaged: the CRC of ${quoted(name)} differs.`,
      name,
    );
}
