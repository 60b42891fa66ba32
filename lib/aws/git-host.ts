/** The port of a git host on GitHub's archives (docs: "Download a repository archive (tar)"). */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type GitHost, GitHostError } from '../domain/ports/git-host.ts';
import { SOURCE_MAX_BYTES } from '../domain/source/schema.ts';
import { refusalOf } from './git-host-refusal.ts';
import { setting } from './settings.ts';

/** A minute for 100 MiB: below the step's own timeout, so that the reason can still be told. */
const TIMEOUT_MS = 60_000;
/** A host that says nothing for so long will not: it has the archive, or makes it within seconds. */
const SILENCE_MS = 30_000;

/**
 * Where a commit's archive is. github.com's API allows 60 requests an hour without a token, for one address, which
 * functions of AWS share with strangers; it leads to its archive host, which that limit does not count (GitHub docs, "Rate
 * limits for the REST API"; package managers, Homebrew and Nixpkgs among them, fetch from there without a token). A GitHub
 * Enterprise Server has no such limit unless its administrator sets one, and no such host.
 */
function archiveUrl(baseUrl: string, repository: string, sha: string): string {
  return new URL(baseUrl).host === 'api.github.com'
    ? `https://codeload.github.com/${repository}/legacy.tar.gz/${sha}`
    : `${baseUrl}/repos/${repository}/tarball/${sha}`;
}

export function githubArchives(
  baseUrl: string = setting('STAITHE_GIT_HOST_URL'),
  { silenceMs = SILENCE_MS, now = Date.now }: { silenceMs?: number; now?: () => number } = {},
): GitHost {
  return {
    async archive(repository, sha) {
      const url = archiveUrl(baseUrl, repository, sha);
      const quiet = new IdleTimeout(silenceMs);
      const folder = await mkdtemp(join(tmpdir(), 'staithe-archive-'));
      const remove = () => rm(folder, { recursive: true, force: true });
      try {
        const response = await answerOf(url, quiet);
        const refused = refusalOf(url, response, now());
        if (refused !== undefined) {
          await response.body?.cancel();
          throw refused;
        }
        const body = Readable.fromWeb(response.body ?? new ReadableStream());
        return { ...(await keep(url, body, join(folder, 'archive.tar.gz'), quiet)), remove };
      } catch (error) {
        await remove();
        if (error instanceof GitHostError) throw error;
        throw new GitHostError(`The download of ${url} was interrupted: ${reasonOf(error, quiet)}.`, {
          temporary: true,
          advice: 'If it keeps failing, redeliver the push later.',
        });
      } finally {
        quiet.stop();
      }
    },
  };
}

async function answerOf(url: string, quiet: IdleTimeout): Promise<Response> {
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'staithe',
    'x-github-api-version': '2022-11-28',
  };
  const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), quiet.signal]);
  return fetch(url, { headers, signal }).catch((error: unknown) => {
    throw new GitHostError(`${url} did not answer: ${reasonOf(error, quiet)}.`, {
      temporary: true,
      advice: "Check the stack's parameter GitHostUrl and the git host's status, then redeliver the push.",
    });
  });
}

function reasonOf(error: unknown, quiet: IdleTimeout): string {
  if (quiet.signal.aborted) return `nothing came for ${quiet.milliseconds / 1000} seconds`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Notices when nothing has come for a while. */
class IdleTimeout {
  readonly milliseconds: number;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
    this.#timer = setTimeout(() => this.#abort.abort(), milliseconds);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  restart(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Keeps the bytes and looks whether they are a whole gzip: its end has length and checksum of what is in it (RFC 1952), so
 * half an archive is told from a whole one, also where no length was announced.
 */
async function keep(
  url: string,
  body: Readable,
  file: string,
  quiet: IdleTimeout,
): Promise<{ file: string; sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const gunzip = createGunzip();
  const whole = pipeline(gunzip, new Writable({ write: (_chunk, _encoding, done) => done() }));
  // It is looked at when all has come; until then an error of it is nobody's.
  whole.catch(() => undefined);
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      quiet.restart();
      sizeBytes += chunk.length;
      hash.update(chunk);
      if (sizeBytes > SOURCE_MAX_BYTES) return done(tooLarge());
      if (gunzip.destroyed || gunzip.write(chunk)) return done(null, chunk);
      // Of the two events one comes, or one after the other: whichever is first goes on, and takes both listeners away.
      const on = () => {
        gunzip.off('drain', on).off('close', on);
        done(null, chunk);
      };
      gunzip.on('drain', on).on('close', on);
    },
    final(done) {
      gunzip.end();
      done();
    },
  });
  try {
    await pipeline(body, measure, createWriteStream(file), { signal: quiet.signal });
    await whole.catch((error: unknown) => {
      throw notWhole(url, error);
    });
  } finally {
    gunzip.destroy();
  }
  return { file, sha256: hash.digest('hex'), sizeBytes };
}

const tooLarge = (): GitHostError =>
  new GitHostError(`The archive has more than ${SOURCE_MAX_BYTES} bytes.`, {
    advice:
      'Leave large files out with export-ignore in .gitattributes, or upload the tree with staithe build create.',
  });

function notWhole(url: string, error: unknown): GitHostError {
  // Node's name for an end that came too early; any other is of bytes that are no gzip.
  if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR')
    return new GitHostError(`${url} returned a truncated archive.`, {
      temporary: true,
      advice: 'If it keeps failing, redeliver the push later.',
    });
  return new GitHostError(`${url} returned something that is not an archive.`, {
    advice:
      "Is there a proxy or a sign-in page before the git host? The stack's parameter GitHostUrl must be its API.",
  });
}
