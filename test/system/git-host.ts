/** A git host on loopback: GitHub's archive route, served from a real bare repository. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demand } from 'embedded-cloud/test-kit/tools.ts';
import type { Tree } from './flow.ts';

export interface GitHost extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. */
  readonly asked: readonly { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  /** What is answered instead of archives: a status (429 asks to wait a second), a connection that breaks off, a page, half of one. */
  fault: number | 'silence' | 'page' | 'half' | undefined;
  /** @returns the commit's sha */
  commit(tree: Tree): string;
  /** An annotated tag on the newest commit. @returns the sha of the tag object */
  tag(name: string): string;
}

const REPOSITORY = 'acme/hello';

export async function startGitHost(): Promise<GitHost> {
  demand('git');
  const folder = mkdtempSync(join(tmpdir(), 'staithe-git-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    }).trim();
  git('init', '--quiet', '--initial-branch=main', 'work');
  git('init', '--quiet', '--bare', 'bare.git');
  const push = () => git('-C', 'work', 'push', '--quiet', '--tags', join(folder, 'bare.git'), 'main');
  const asked: GitHost['asked'][number][] = [];

  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    if (host.fault === 'silence') {
      request.socket.destroy();
      return;
    }
    if (host.fault === 'page' || host.fault === 'half') {
      const page = host.fault === 'page';
      response.writeHead(200, { 'content-type': page ? 'text/html' : 'application/x-gzip' });
      response.end(page ? '<html>Sign in</html>' : Buffer.from([0x1f, 0x8b, 8, 0]));
      return;
    }
    const sha = new RegExp(`^/repos/${REPOSITORY}/tarball/([0-9a-f]{40})$`).exec(request.url ?? '')?.[1];
    const known = sha !== undefined && exists(sha);
    if (host.fault !== undefined || !known) {
      const waits = host.fault === 429 ? { 'retry-after': '1' } : {};
      response.writeHead(host.fault ?? 404, waits).end('{"message":"no"}');
      return;
    }
    const prefix = `${REPOSITORY.replace('/', '-')}-${sha}/`;
    const archive = spawn('git', ['archive', '--format=tar.gz', `--prefix=${prefix}`, sha], {
      cwd: join(folder, 'bare.git'),
    });
    response.writeHead(200, { 'content-type': 'application/x-gzip' });
    archive.stdout.pipe(response);
  });
  const exists = (sha: string): boolean => {
    try {
      git('-C', 'bare.git', 'cat-file', '-e', `${sha}^{commit}`);
      return true;
    } catch {
      return false;
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The git host has no port.');

  const host: GitHost = {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    fault: undefined,
    commit(tree) {
      for (const [name, content] of Object.entries(tree)) writeFileSync(join(folder, 'work', name), content);
      git('-C', 'work', 'add', '.');
      git('-C', 'work', 'commit', '--quiet', '-m', 'a change');
      push();
      return git('-C', 'work', 'rev-parse', 'HEAD');
    },
    tag(name) {
      git('-C', 'work', 'tag', '--annotate', '-m', name, name);
      push();
      return git('-C', 'work', 'rev-parse', name);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return host;
}
