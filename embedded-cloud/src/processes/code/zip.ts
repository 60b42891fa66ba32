/** Zip archives. */
import { text } from 'node:stream/consumers';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ArchiveError, type Unpacked } from './entry.ts';

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
/** PATH_MAX of Linux. */
const MAX_TARGET = 4096;

/** @throws ArchiveError */
export async function unpackZip(archive: string, into: Unpacked): Promise<void> {
  const file = await asArchiveError(openPromise(archive, { lazyEntries: true, strictFileNames: true }));
  try {
    for await (const entry of file.eachEntry()) await unpackEntry(file, entry, into);
  } catch (error) {
    throw error instanceof ArchiveError || isOfSystem(error) ? error : damaged(error);
  } finally {
    file.close();
  }
}

async function unpackEntry(file: ZipFile, entry: Entry, into: Unpacked): Promise<void> {
  const { fileName: name, uncompressedSize: size } = entry;
  if (name.endsWith('/')) return into.addFolder(name);
  const mode = entry.externalFileAttributes >>> 16;
  if ((mode & FILE_TYPE) === SYMBOLIC_LINK) {
    if (size > MAX_TARGET) throw new ArchiveError(`The link '${name}' is too long.`);
    // Info-ZIP's way: the target is the content.
    return into.addLink(name, await text(await file.openReadStreamPromise(entry)));
  }
  const executable = (mode & 0o111) !== 0;
  // yauzl sees to it that there are no more bytes than `size`.
  await into.addFile(name, { size, executable }, await file.openReadStreamPromise(entry));
}

const asArchiveError = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw damaged(error);
  });

const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

const damaged = (error: unknown): ArchiveError =>
  new ArchiveError(`The zip archive is damaged: ${error instanceof Error ? error.message : String(error)}`);
