/** Trees of stored archives, planted by a test under the archive's key. */
import { createHash } from 'node:crypto';
import { ArchiveUnreadable, type Trees } from '../../lib/domain/ports/index.ts';

export interface MemoryTrees extends Trees {
  /** @param files text by path; undefined for bytes that are no archive */
  plant(key: string, files: Readonly<Record<string, string>> | undefined): void;
}

export function memoryTrees(): MemoryTrees {
  const trees = new Map<string, Readonly<Record<string, string>> | undefined>();
  return {
    plant(key, files) {
      trees.set(key, files);
    },
    async survey({ key, format, names, maxBytes }) {
      const files = trees.get(key);
      if (files === undefined) throw new ArchiveUnreadable(`The bytes are no ${format}.`);
      const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
      const treeDigest = `sha256:${createHash('sha256').update(JSON.stringify(sorted)).digest('hex')}`;
      const name = names.find((candidate) => Object.hasOwn(files, candidate));
      const tops = new Set(
        Object.keys(files).map((path) => (path.includes('/') ? path.split('/', 1)[0] : '')),
      );
      const [top] = tops;
      const wrapper = tops.size === 1 && top !== '' ? top : undefined;
      if (name === undefined) return { treeDigest, entry: undefined, wrapper };
      const bytes = Buffer.from(files[name] ?? '');
      if (bytes.length > maxBytes) throw new ArchiveUnreadable(`${name} has more than ${maxBytes} bytes.`);
      return { treeDigest, entry: { name, bytes }, wrapper };
    },
  };
}
