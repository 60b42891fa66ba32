/** Reads one file of a stored archive: a tar.gz as it streams in, so that only what comes before the file is fetched. */
import { ArchiveError, readEntry } from '../archive/index.ts';
import type { Blobs } from '../domain/ports/blobs.ts';
import { ArchiveUnreadable, type Trees } from '../domain/ports/index.ts';

export function storedTrees(blobs: Pick<Blobs, 'read'>): Trees {
  return {
    async readEntry({ key, format, stripComponents, names, maxBytes }) {
      const stream = await blobs.read(key);
      try {
        return await readEntry(stream, { format, stripComponents, names: [...names], maxBytes });
      } catch (error) {
        if (error instanceof ArchiveError) throw new ArchiveUnreadable(error.message);
        throw error;
      } finally {
        stream.destroy();
      }
    },
  };
}
