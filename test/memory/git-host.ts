/** A git host in memory: archives of commits, and the failures that a test asks for. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitHost, GitHostError } from '../../lib/domain/ports/git-host.ts';

export interface MemoryGitHost extends GitHost {
  /** Every archive call fails with it, until it is taken away. */
  failure: GitHostError | undefined;
  /** Keeps the archive of a commit. */
  commit(repository: string, sha: string, archive: Uint8Array): void;
}

export function memoryGitHost(): MemoryGitHost {
  const archives = new Map<string, Uint8Array>();
  const nameOf = (repository: string, sha: string) => `${repository.toLowerCase()}@${sha}`;
  const self: MemoryGitHost = {
    failure: undefined,
    commit(repository, sha, archive) {
      archives.set(nameOf(repository, sha), archive);
    },
    async archive(repository, sha) {
      if (self.failure !== undefined) throw self.failure;
      const bytes = archives.get(nameOf(repository, sha));
      if (bytes === undefined) throw new GitHostError(`${repository} has no commit ${sha}.`);
      const folder = await mkdtemp(join(tmpdir(), 'staithe-memory-archive-'));
      const file = join(folder, 'archive.tar.gz');
      await writeFile(file, bytes);
      return {
        file,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        sizeBytes: bytes.length,
        remove: () => rm(folder, { recursive: true, force: true }),
      };
    },
  };
  return self;
}
