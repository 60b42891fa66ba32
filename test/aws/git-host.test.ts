import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { githubArchives } from '../../lib/aws/git-host.ts';
import { type GitHost, GitHostError } from '../../lib/domain/ports/git-host.ts';
import { SOURCE_MAX_BYTES } from '../../lib/domain/source/schema.ts';
import { gitHostContract } from '../domain/ports/git-host.contract.ts';

/** GitHub's archive API as far as it is used: a redirect to another host's bytes, or a status. */
const archives = new Map<string, Buffer>();
let forced: RequestListener | undefined;
let server: Server;
let url: string;
let gitHost: GitHost;
/** Of this file alone: other tests make archives at the same time. */
let temporary: string;
const leftovers = () => readdirSync(temporary);

beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), 'git-host-'));
  server = createServer((request, response) => {
    if (forced !== undefined) return forced(request, response);
    const path = request.url ?? '';
    if (path.startsWith('/codeload')) return response.end(archives.get(path.slice('/codeload'.length)));
    if (!archives.has(path)) return response.writeHead(404).end('{"message":"Not Found"}');
    response.writeHead(302, { location: `/codeload${path}` }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  gitHost = githubArchives(url);
});
beforeEach(() => {
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  gitHost = githubArchives(url);
  forced = undefined;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(temporary, { recursive: true });
});

const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';
const refusal = async (): Promise<GitHostError> => {
  const error: unknown = await gitHost.archive('acme/hello', SHA).catch((thrown: unknown) => thrown);
  if (error instanceof GitHostError) return error;
  throw new Error(`A GitHostError was expected, not ${String(error)}.`);
};

describe("GitHub's archives", () => {
  gitHostContract(() => ({
    gitHost,
    commit: (repository, sha, bytes) => archives.set(`/repos/${repository}/tarball/${sha}`, bytes),
    fail(how) {
      forced = how && ((_, response) => response.writeHead(how === 'temporarily' ? 503 : 410).end());
    },
  }));

  const NOW = Date.parse('2026-11-29T12:00:00Z');
  test.each([
    ['503', 503, {}, true, undefined, 'status page'],
    ['500', 500, {}, true, undefined, 'status page'],
    ['503 with a time', 503, { 'retry-after': '20' }, true, 20, 'not available, and asks to wait for 20 s'],
    ['429', 429, {}, true, 60, 'rate limit is reached'],
    ['429 with a time', 429, { 'retry-after': '7' }, true, 7, 'rate limit is reached for 7 s'],
    ['429 with a date', 429, { 'retry-after': 'Sun, 29 Nov 2026 12:01:30 GMT' }, true, 90, 'for 90 s'],
    [
      'a primary limit',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 1800) },
      true,
      1800,
      'rate limit is reached for 1800 s',
    ],
    ['a secondary limit', 403, { 'retry-after': '60' }, true, 60, 'rate limit'],
    ['403', 403, { 'x-ratelimit-remaining': '12' }, false, undefined, 'must be public'],
    ['401', 401, {}, false, undefined, 'must be public'],
    ['404', 404, {}, false, undefined, 'private'],
    ['451', 451, {}, false, undefined, 'legal'],
    ['410', 410, {}, false, undefined, 'Check this address'],
  ] as const)(
    '%s is told with advice; whether and when it is tried again',
    async (_, status, headers, temporary, wait, advice) => {
      forced = (_request, response) => response.writeHead(status, headers).end();
      gitHost = githubArchives(url, { now: () => NOW });

      const error = await refusal();

      expect(error.message).toContain(String(status));
      expect(error.message).toContain(advice);
      expect([error.temporary, error.retryAfterSeconds]).toEqual([temporary, wait]);
    },
  );

  test.each([
    ['a page', { 'content-type': 'text/html; charset=utf-8' }, '<html>Sign in</html>', 'text/html', false],
    [
      'a page that calls itself an archive',
      { 'content-type': 'application/x-gzip' },
      '<html></html>',
      'not an archive',
      false,
    ],
    ['nothing', { 'content-type': 'application/x-gzip' }, '', 'a truncated archive', true],
    ['half an archive', {}, gzipSync(randomBytes(5000)).subarray(0, 3000), 'a truncated archive', true],
  ] as const)(
    '%s in place of an archive is told as such, and leaves nothing behind',
    async (_, headers, body, says, isTemporary) => {
      forced = (_request, response) => response.writeHead(200, headers).end(body);

      const error = await refusal();

      expect(error.message).toContain(says);
      expect(error.temporary).toBe(isTemporary);
      expect(leftovers()).toEqual([]);
    },
  );

  test('an archive of many chunks comes whole, without a warning of listeners left behind', async () => {
    const archive = gzipSync(randomBytes(8 * 1024 * 1024));
    const warned = vi.fn();
    process.on('warning', warned);
    forced = (_, response) => response.end(archive);

    const kept = await gitHost.archive('acme/hello', SHA);
    await kept.remove();
    process.off('warning', warned);

    expect(kept.sizeBytes).toBe(archive.length);
    expect(warned).not.toHaveBeenCalled();
  });

  test.each([
    ['in the middle', 4],
    ['at its end', 8],
  ])('a large archive that is damaged %s is told as no archive, for good', async (_, megabytes) => {
    const archive = gzipSync(randomBytes(8 * 1024 * 1024));
    // A block of a kind that DEFLATE does not have, or another checksum than that of the bytes (RFC 1951, 1952).
    archive.fill(0xff, Math.min(megabytes * 1024 * 1024, archive.length - 8));
    forced = (_request, response) => response.end(archive);

    const error = await refusal();

    expect(error.message).toContain('something that is not an archive');
    expect(error.temporary).toBe(false);
  });

  test.each(['an answer', 'the rest of an archive'])(
    'a host that is silent before %s is left after a while',
    async (what) => {
      forced = (_request, response) => {
        if (what !== 'an answer')
          response.writeHead(200, { 'content-type': 'application/x-gzip' }).write(gzipSync('a'));
      };
      gitHost = githubArchives(url, { silenceMs: 200 });

      const error = await refusal();

      expect(error.message).toContain('nothing came for 0.2 seconds');
      expect(error.temporary).toBe(true);
    },
  );

  test('github.com is asked at its archive host, which no hourly limit counts', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (address: string) => {
      asked.push(address);
      return new Response(null, { status: 404 });
    });

    gitHost = githubArchives('https://api.github.com');
    await refusal();
    gitHost = githubArchives('https://github.example.com/api/v3');
    await refusal();

    expect(asked).toEqual([
      `https://codeload.github.com/acme/hello/legacy.tar.gz/${SHA}`,
      `https://github.example.com/api/v3/repos/acme/hello/tarball/${SHA}`,
    ]);
  });

  test('a download that breaks off is temporary, and leaves nothing behind', async () => {
    forced = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    };

    const error = await refusal();

    expect(error.message).toContain('was interrupted');
    expect(error.temporary).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  test('an archive beyond the limit is refused for good, without being kept', async () => {
    const piece = Buffer.alloc(1024 * 1024);
    forced = (_, response) => {
      let sent = 0;
      const more = (): void => {
        while (sent <= SOURCE_MAX_BYTES && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    };

    const error = await refusal();

    expect(error.message).toContain(String(SOURCE_MAX_BYTES));
    expect(error.temporary).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  test('nobody at the address is temporary', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const address = gone.address();
    gone.close();
    await once(gone, 'close');
    const nobody = githubArchives(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);

    await expect(nobody.archive('acme/hello', SHA)).rejects.toMatchObject({
      name: 'GitHostError',
      temporary: true,
    });
  });
});
