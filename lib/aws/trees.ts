/** Reads stored archives as they stream in. */
import { ArchiveError, surveyTree } from '../archive/index.ts';
import type { Blobs } from '../domain/ports/blobs.ts';
import { ArchiveUnreadable, type Trees } from '../domain/ports/index.ts';

export function storedTrees(blobs: Pick<Blobs, 'read'>): Trees {
  return {
    async survey({ key, format, stripComponents, names, maxBytes }) {
      const stream = await blobs.read(key);
      try {
        const tree = await surveyTree(stream, { format, stripComponents, names: [...names], maxBytes });
        return { treeDigest: `sha256:${tree.treeSha256}`, entry: tree.entry, wrapper: tree.wrapper };
      } catch (error) {
        if (error instanceof ArchiveError) throw new ArchiveUnreadable(error.message);
        throw error;
      } finally {
        stream.destroy();
      }
    },
  };
}
