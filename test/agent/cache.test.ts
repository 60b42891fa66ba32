/** Caches as the agent handles them: real files, a real HTTP storage, and an API that answers as told. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { keyOf, rooted } from '../../lib/agent/cache/files.ts';
import { type CacheWork, restoreCaches, saveCaches } from '../../lib/agent/cache.ts';
import type { CacheKey, FoundCache } from '../../lib/domain/cache/schema.ts';
import { Job } from '../../lib/domain/execution/model/job.ts';
import { type TarPiece, tarGz } from '../archive/craft.ts';

const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What was uploaded, by digest. */
const storage = new Map<string, Buffer>();
let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const name = (request.url ?? '').slice(1);
    if (request.method === 'PUT') storage.set(name, await buffer(request));
    const found = storage.get(name);
    if (found === undefined) response.writeHead(404);
    response.end(request.method === 'GET' ? found : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let root: string;
let said: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'staithe-cache-'));
  said = '';
  storage.clear();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

interface Machine extends CacheWork {
  readonly confirmed: CacheKey[];
  write(path: string, text: string): void;
  path(path: string): string;
}

/** A job on a machine of its own: its context, its home, and what the API tells it. */
function machine(
  paths: string[],
  found: Partial<FoundCache> = {},
  api: Partial<CacheWork['api']> = {},
): Machine {
  const folder = mkdtempSync(join(root, 'machine-'));
  const workspace = {
    root: folder,
    tree: join(folder, 'tree'),
    archive: join(folder, 'source'),
    out: join(folder, 'out'),
    home: join(folder, 'home'),
    temporary: join(folder, 'tmp'),
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
          url: `${url}/${sha256}`,
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
async function saved(first: Machine): Promise<Partial<FoundCache>> {
  await saveCaches(first, await restoreCaches(first));
  const [[sha256, bytes] = ['', Buffer.alloc(0)]] = [...storage];
  return hitOf(bytes, sha256);
}

const hitOf = (bytes: Buffer, sha256 = sha256Of(bytes)): Partial<FoundCache> => ({
  hit: 'exact',
  branch: 'main',
  download: { url: `${url}/${sha256}`, sha256, size_bytes: bytes.length },
  save: false,
});

/** An archive that somebody else than packCache has made. */
function planted(...entries: TarPiece[]): Partial<FoundCache> {
  const bytes = Buffer.from(tarGz(...entries));
  storage.set(sha256Of(bytes), bytes);
  return hitOf(bytes);
}

describe('what one build leaves', () => {
  const PATHS = ['node_modules', '~/.npm', 'packages/*/dist'];
  const first = () => {
    const one = machine(PATHS);
    one.write('node_modules/a/index.js', 'a');
    one.write('node_modules/a/README.md', 'upper');
    one.write('node_modules/a/readme.md', 'lower');
    one.write('node_modules/b/cli.js', '#!/usr/bin/env node');
    one.write('packages/core/dist/out.js', 'out');
    one.write('packages/core/src/in.js', 'in');
    one.write('~/.npm/_cacache/x', 'cached');
    one.write('~/.bashrc', 'not named');
    chmodSync(one.path('node_modules/b/cli.js'), 0o755);
    mkdirSync(one.path('node_modules/.bin'));
    symlinkSync('../b/cli.js', one.path('node_modules/.bin/b'));
    symlinkSync('../packages/core', one.path('node_modules/core'));
    return one;
  };

  test('the next one finds in its place: files, modes, links, names that differ in case alone', async () => {
    const found = await saved(first());
    const next = machine(PATHS, found);

    const toSave = await restoreCaches(next);

    const text = (name: string) => readFileSync(next.path(name), 'utf8');
    expect(toSave).toEqual([]);
    expect([text('node_modules/a/README.md'), text('node_modules/a/readme.md')]).toEqual(['upper', 'lower']);
    expect([text('packages/core/dist/out.js'), text('~/.npm/_cacache/x')]).toEqual(['out', 'cached']);
    expect(statSync(next.path('node_modules/b/cli.js')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(next.path('node_modules/.bin/b'))).toBe('../b/cli.js');
    expect(readlinkSync(next.path('node_modules/core'))).toBe('../packages/core');
    expect([existsSync(next.path('~/.bashrc')), existsSync(next.path('packages/core/src'))]).toEqual([
      false,
      false,
    ]);
    expect(said).toMatch(/cache node_modules, ~\/\.npm, packages\/\*\/dist: hit of main, [\d.]+ K?B in /);
  });

  test('is the same bytes each time, so that it is stored once', async () => {
    await saved(first());
    await saved(first());

    expect(storage.size).toBe(1);
  });

  test('changes nothing of the source, and is older than it', async () => {
    const found = await saved(first());
    const next = machine(PATHS, found);
    next.write('node_modules/a/index.js', 'of the source');

    await restoreCaches(next);

    expect(readFileSync(next.path('node_modules/a/index.js'), 'utf8')).toBe('of the source');
    expect(readFileSync(next.path('node_modules/a/readme.md'), 'utf8')).toBe('lower');
    for (const name of ['node_modules/a/readme.md', '~/.npm/_cacache/x'])
      expect(statSync(next.path(name)).mtimeMs).toBeLessThan(
        statSync(next.path('package-lock.json')).mtimeMs,
      );
  });

  test('of other key files comes too, and the build saves its own', async () => {
    const found = await saved(first());
    const next = machine(PATHS, { ...found, hit: 'newest', save: true });
    next.write('package-lock.json', '{"changed":true}');

    const toSave = await restoreCaches(next);

    expect(existsSync(next.path('node_modules/a/index.js'))).toBe(true);
    expect(toSave).toHaveLength(1);
    expect(said).toContain('no hit, the newest of the same paths instead of main');
  });

  test('leaves no archive behind that could get into an artifact', async () => {
    const one = first();
    await saved(one);
    const next = machine(PATHS, hitOf([...storage.values()][0] ?? Buffer.alloc(0)));
    await restoreCaches(next);

    for (const { workspace } of [one, next])
      for (const name of ['cache.tar.gz', 'cache', 'out/cache.tar.gz'])
        expect(existsSync(join(workspace.root, name))).toBe(false);
  });
});

describe('the key of a cache', () => {
  const key = (one: Machine, ...globs: string[]) => keyOf(one.workspace.tree, '.', globs);

  test('is of the names and contents of its files, and of nothing else', async () => {
    const one = machine(['x']);
    one.write('a/lock', '1');
    one.write('b/lock', '2');
    const two = machine(['x']);
    two.write('b/lock', '2');
    two.write('a/lock', '1');
    two.write('other', 'x');

    const before = await key(one, '**/lock');
    const [same, order] = [await key(two, '**/lock'), await key(two, 'b/lock', 'a/lock', 'a/lock')];
    one.write('a/lock', '3');
    two.write('c/lock', '');
    const [content, name] = [await key(one, '**/lock'), await key(two, '**/lock')];

    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect([same, order]).toEqual([before, before]);
    expect(new Set([before, content, name]).size).toBe(3);
  });

  test('is of the files as the source has them, although a command changes them', async () => {
    const one = machine(['dist']);
    const toSave = await restoreCaches(one);
    one.write('package-lock.json', 'changed by npm install');
    one.write('dist/x', 'x');

    await saveCaches(one, toSave);

    expect(one.confirmed.map(({ key: of }) => of)).toEqual(toSave.map(({ key: of }) => of));
    expect(await key(one, 'package-lock.json')).not.toBe(toSave[0]?.key);
  });

  test.each(['./!lock', '/!lock'])('may be of a file whose name begins with !: %s', async (glob) => {
    const one = machine(['x']);
    one.write('!lock', '1');

    expect(await key(one, glob)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('and its paths take the ! of a name for no exclusion, below the home either', () => {
    expect(['~/!x', '!~/x', '!~/!x'].map((path) => rooted(path).glob)).toEqual(['./!x', '!x', '!!x']);
  });

  test('of files that are not there is none: the cache is left alone, and the log says why', async () => {
    const one = machine(['dist']);
    rmSync(one.path('package-lock.json'));

    expect(await restoreCaches(one)).toEqual([]);
    expect(said).toContain(
      "warning: cache dist is left alone: no file matches its key package-lock.json in '.'.",
    );
  });
});

describe('a cache that fails does not fail the build:', () => {
  test('an API that does not answer', async () => {
    const fails = async (): Promise<never> => {
      throw new Error('The API is away.');
    };
    const one = machine(['dist'], {}, { restoreCaches: fails, saveCaches: fails });
    one.write('dist/x', 'x');

    const toSave = await restoreCaches(one);
    await saveCaches(one, [{ paths: ['dist'], key: '0'.repeat(64), platform: 'linux-x64' }]);

    expect(toSave).toEqual([]);
    expect(said).toContain('warning: caches could not be looked for: The API is away. The build goes on');
    expect(said).toContain('warning: cache dist was not saved: The API is away.');
  });

  test('bytes that are gone, or others than were saved; the build saves its own instead', async () => {
    const gone = machine(['dist'], hitOf(Buffer.from('gone')));
    storage.set('other', Buffer.from('other bytes'));
    const other = machine(['dist'], {
      ...hitOf(Buffer.from('what was saved')),
      download: { url: `${url}/other`, sha256: '0'.repeat(64), size_bytes: 14 },
    });

    const toSave = [await restoreCaches(gone), await restoreCaches(other)];

    expect(toSave.map(({ length }) => length)).toEqual([1, 1]);
    expect(said.match(/warning: cache dist could not be restored: /g)).toHaveLength(2);
  });

  test('paths at which nothing is', async () => {
    const one = machine(['dist', '~/.cache']);

    await saveCaches(one, await restoreCaches(one));

    expect(storage.size).toBe(0);
    expect(said).toContain('cache dist, ~/.cache: nothing is there, so nothing is saved');
  });

  test.each([
    ['absolute', '/etc/passwd'],
    ['above the context', '../../secrets'],
  ])('a link that leads out (%s): half a cache is not saved', async (_, target) => {
    const one = machine(['dist']);
    one.write('dist/x', 'x');
    symlinkSync(target, one.path('dist/link'));

    await saveCaches(one, await restoreCaches(one));

    expect(storage.size).toBe(0);
    expect(said).toContain(`warning: cache dist was not saved: The link 'dist/link' leads to '${target}'`);
  });

  test('a folder that a build has replaced by a link to elsewhere', async () => {
    const one = machine(['dist']);
    const toSave = await restoreCaches(one);
    const elsewhere = mkdtempSync(join(root, 'elsewhere-'));
    writeFileSync(join(elsewhere, 'private'), 'private');
    symlinkSync(elsewhere, one.path('dist'));

    await saveCaches(one, toSave);

    expect(storage.size).toBe(0);
    expect(said).toContain('warning: cache dist was not saved');
  });

  test.each<[string, TarPiece[]]>([
    ['names that lead out', [{ name: '../evil', content: 'x' }]],
    ['absolute names', [{ name: '/tmp/evil', content: 'x' }]],
    ['a link out of the archive', [{ name: 'context/evil', type: '2', linkName: '../../../evil' }]],
  ])('an archive with %s', async (_, entries) => {
    const one = machine(['dist'], planted({ name: 'context/dist/good', content: 'x' }, ...entries));

    const toSave = await restoreCaches(one);

    expect(toSave).toHaveLength(1);
    expect(said).toContain('warning: cache dist could not be restored');
    expect(existsSync(one.path('dist'))).toBe(false);
    for (const place of [root, one.workspace.root, tmpdir()])
      expect(existsSync(join(place, 'evil'))).toBe(false);
  });

  test('but a job that is stopped meanwhile stops', async () => {
    const stop = new AbortController();
    const one = machine(
      ['dist'],
      {},
      {
        restoreCaches: async () => {
          stop.abort(new Error('cancelled'));
          throw stop.signal.reason;
        },
      },
    );

    await expect(restoreCaches({ ...one, signal: stop.signal })).rejects.toThrow('cancelled');
  });

  test('and saving stops with its job, and says why', async () => {
    const stop = new AbortController();
    const saveForEver = () => {
      stop.abort(new Error('the disk was almost full: 2 MB of 96 MB were left'));
      return new Promise<never>(() => undefined);
    };
    const one = machine(['dist'], {}, { saveCaches: saveForEver });
    one.write('dist/x', 'x');

    await saveCaches({ ...one, signal: stop.signal }, await restoreCaches(one));

    expect(said).toContain(
      'warning: cache dist was not saved: the disk was almost full: 2 MB of 96 MB were left.',
    );
  });
});

test('a link in the place of a restored folder is the source’s own, and is left as it is', async () => {
  const found = planted({ name: 'context/dist/x', content: 'x' });
  const one = machine(['dist'], found);
  mkdirSync(one.path('real'));
  symlinkSync('real', one.path('dist'));

  await restoreCaches(one);

  expect(lstatSync(one.path('dist')).isSymbolicLink()).toBe(true);
  expect(existsSync(one.path('real/x'))).toBe(false);
});
