/** The port of a git host on GitHub's archive API (docs: "Download a repository archive (tar)"). */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type GitHost, GitHostError } from '../domain/ports/git-host.ts';
import { SOURCE_MAX_BYTES } from '../domain/source/schema.ts';
import { setting } from './settings.ts';

/** A minute for 100 MiB: below the step's own timeout, so that the reason can still be told. */
const TIMEOUT_MS = 60_000;

export function githubArchives(baseUrl: string = setting('STAITHE_GIT_HOST_URL')): GitHost {
  return {
    async archive(repository, sha) {
      const url = `${baseUrl}/repos/${repository}/tarball/${sha}`;
      const response = await fetch(url, {
        headers: {
          accept: 'application/vnd.github+json',
          'user-agent': 'staithe',
          'x-github-api-version': '2022-11-28',
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: unknown) => {
        throw new GitHostError(
          `${url} did not answer: ${error instanceof Error ? error.message : String(error)}.`,
          true,
        );
      });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        // 403 and 429 are GitHub's rate limits; 404 is an unknown or private repository, or an unknown commit.
        const temporary = response.status >= 500 || response.status === 429 || response.status === 403;
        throw new GitHostError(`${url} answered ${response.status}.`, temporary);
      }
      const folder = await mkdtemp(join(tmpdir(), 'staithe-archive-'));
      const remove = () => rm(folder, { recursive: true, force: true });
      try {
        return { ...(await keep(Readable.fromWeb(response.body), join(folder, 'archive.tar.gz'))), remove };
      } catch (error) {
        await remove();
        throw error instanceof GitHostError
          ? error
          : new GitHostError(
              `The download of ${url} broke off: ${error instanceof Error ? error.message : String(error)}.`,
              true,
            );
      }
    },
  };
}

async function keep(
  body: Readable,
  file: string,
): Promise<{ file: string; sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(
        sizeBytes > SOURCE_MAX_BYTES
          ? new GitHostError(`The archive has more than ${SOURCE_MAX_BYTES} bytes.`, false)
          : null,
        chunk,
      );
    },
  });
  await pipeline(body, measure, createWriteStream(file));
  return { file, sha256: hash.digest('hex'), sizeBytes };
}
