/** Reads the files of an archive one after the other, without unpacking it. */
import { componentsOf } from './entry-name.ts';
import { ArchiveError, quoted } from './error.ts';
import { Budget, type Limits } from './limits.ts';
import { gunzipped, withSeekable } from './packed-bytes.ts';
import { readTar, type TarEntry } from './tar-reader.ts';
import { readZip, type ZipEntry } from './zip-reader.ts';

export interface ArchivedFile {
  /** With forward slashes, relative to the root. */
  readonly path: string;
  /** As the archive declares it. */
  readonly size: number;
  /** May be read once, before `take` returns. */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * @param file a path
 * @throws ArchiveError also for links: what they lead to is another file, which has its own entry
 */
export async function readFiles(
  file: string,
  { format, limits }: { readonly format: 'tar.gz' | 'zip'; readonly limits?: Partial<Limits> },
  take: (file: ArchivedFile) => Promise<void>,
): Promise<void> {
  const budget = new Budget(limits);
  const paths = new Set<string>();
  const takeAll = async (entries: AsyncIterable<TarEntry | ZipEntry>): Promise<void> => {
    for await (const entry of entries) {
      budget.countEntry();
      const path = componentsOf(entry.name, 0, budget.limits).join('/');
      if (path === '' || entry.kind === 'folder') continue;
      if (entry.kind !== 'file')
        throw new ArchiveError('unsupported_entry', `${quoted(entry.name)} is a link.`, entry.name);
      if (paths.has(path))
        throw new ArchiveError('unsupported_entry', `${quoted(entry.name)} is there twice.`, entry.name);
      paths.add(path);
      budget.checkFile(entry.name, entry.size);
      await take({ path, size: entry.size, body: entry.body });
    }
  };
  if (format === 'zip') await withSeekable(file, (seekable) => takeAll(readZip(seekable, budget)));
  else await takeAll(readTar(gunzipped(file, budget)));
}
