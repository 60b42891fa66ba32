/** A real HTTP storage, and machines whose jobs keep caches there, with an API that answers as told. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { vi } from 'vitest';
import { type CacheWork, restoreCaches, saveCaches } from '../../lib/agent/cache.ts';
import type { CacheKey, FoundCache } from '../../lib/domain/cache/schema.ts';
import { Job } from '../../lib/domain/execution/model/job.ts';
import { type TarPiece, tarGz } from '../archive/craft.ts';

const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface Machine extends CacheWork {
  readonly confirmed: CacheKey[];
  write(path: string, text: string): void;
  path(path: string): string;
}

export class CacheBench implements Disposable {
  /** What was uploaded, by digest. */
  readonly storage = new Map<string, Buffer>();
  /** A folder for the machines of one test. */
  root = '';
  /** What the agent has printed in this test. */
  said = '';
  url = '';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const name = (request.url ?? '').slice(1);
      if (request.method === 'PUT') this.storage.set(name, await buffer(request));
      const found = this.storage.get(name);
      if (found === undefined) response.writeHead(404);
      response.end(request.method === 'GET' ? found : undefined);
    });
  }

  static async start(): Promise<CacheBench> {
    const bench = new CacheBench();
    const server = bench.#server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    bench.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return bench;
  }

  beginTest(): void {
    this.root = mkdtempSync(join(tmpdir(), 'staithe-cache-'));
    this.said = '';
    this.storage.clear();
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      this.said += String(text);
      return true;
    });
  }

  endTest(): void {
    vi.restoreAllMocks();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** A job on a machine of its own: its context, its home, and what the API tells it. */
  machine(paths: string[], found: Partial<FoundCache> = {}, api: Partial<CacheWork['api']> = {}): Machine {
    const folder = mkdtempSync(join(this.root, 'machine-'));
    const workspace = {
      root: folder,
      tree: join(folder, 'tree'),
      archive: join(folder, 'source'),
      out: join(folder, 'out'),
      home: join(folder, 'home'),
      temporary: join(folder, 'tmp'),
      deployment: join(folder, 'deployment'),
    };
    for (const each of [workspace.tree, workspace.out, workspace.home]) mkdirSync(each);
    const confirmed: CacheKey[] = [];
    const path = (name: string) =>
      name.startsWith('~/') ? join(workspace.home, name.slice(2)) : join(workspace.tree, name);
    const job = Job.parse({
      id: `job_${ULID}`,
      run_id: `run_${ULID}`,
      build_id: `bld_${ULID}`,
      project_id: `prj_${ULID}`,
      service: 'web',
      name: 'web',
      status: 'building',
      progress: 0,
      stage: 'x',
      spec: {
        context: '.',
        commands: [],
        artifacts: [],
        env: {},
        timeout_seconds: 60,
        caches: [{ key: ['package-lock.json'], paths }],
      },
      attempt: 1,
      artifact_ids: [],
      created_at: '2026-11-21T09:30:00.000Z',
    });
    const self: Machine = {
      api: {
        restoreCaches: async ({ caches }) => ({
          caches: caches.map(() => ({ hit: 'none', branch: null, download: null, save: true, ...found })),
        }),
        saveCaches: async ({ caches }) => ({
          uploads: caches.map(({ sha256 }) => ({
            method: 'PUT' as const,
            url: `${this.url}/${sha256}`,
            headers: { 'content-type': 'application/gzip' },
            expires_at: '2100-01-01T00:00:00.000Z',
          })),
        }),
        confirmCaches: async ({ caches }) => {
          confirmed.push(...caches);
          return { saved: caches.length };
        },
        ...api,
      },
      job,
      workspace,
      folder: workspace.tree,
      signal: new AbortController().signal,
      confirmed,
      path,
      write(name, text) {
        mkdirSync(dirname(path(name)), { recursive: true });
        writeFileSync(path(name), text);
      },
    };
    self.write('package-lock.json', '{}');
    return self;
  }

  /** The first build: nothing to restore, and all that it left is saved. @returns what the API would tell the next one */
  async saved(first: Machine): Promise<Partial<FoundCache>> {
    await saveCaches(first, await restoreCaches(first));
    const [[sha256, bytes] = ['', Buffer.alloc(0)]] = [...this.storage];
    return this.hitOf(bytes, sha256);
  }

  hitOf(bytes: Buffer, sha256 = sha256Of(bytes)): Partial<FoundCache> {
    return {
      hit: 'exact',
      branch: 'main',
      download: { url: `${this.url}/${sha256}`, sha256, size_bytes: bytes.length },
      save: false,
    };
  }

  /** An archive that somebody else than packCache has made. */
  planted(...entries: TarPiece[]): Partial<FoundCache> {
    const bytes = Buffer.from(tarGz(...entries));
    this.storage.set(sha256Of(bytes), bytes);
    return this.hitOf(bytes);
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
