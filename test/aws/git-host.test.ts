import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('staithe-archive-'));

beforeAll(async () => {
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
afterEach(() => {
  forced = undefined;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
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

  test.each([
    [403, true],
    [429, true],
    [500, true],
    [502, true],
    [404, false],
    [451, false],
  ])('the answer %i is told; may it be tried again: %s', async (status, temporary) => {
    forced = (_, response) => response.writeHead(status).end();

    const error = await refusal();

    expect(error.message).toContain(String(status));
    expect(error.temporary).toBe(temporary);
  });

  test('a download that breaks off is temporary, and leaves nothing behind', async () => {
    const before = leftovers();
    forced = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    };

    const error = await refusal();

    expect(error.message).toContain('broke off');
    expect(error.temporary).toBe(true);
    expect(leftovers()).toEqual(before);
  });

  test('an archive beyond the limit is refused for good, without being kept', async () => {
    const before = leftovers();
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
    expect(leftovers()).toEqual(before);
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
