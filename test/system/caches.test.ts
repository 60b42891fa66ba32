/** Caches on the whole system: what one real build leaves, the next one finds; and who may not. */
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, logOf, newProject, pack, type Started, type Tree, upload } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client);

/** What a build of the tree says about its caches: it makes `modules/made` unless it is there, and tells which. */
const tree = (lock: string, more: Tree = {}, cache: object = {}): Tree => ({
  'staithe.yaml': JSON.stringify({
    services: {
      app: {
        cache: { key: 'lock', paths: ['modules', '~/.tool'], ...cache },
        commands: [
          'if test -f modules/made; then echo "found: $(cat modules/made), $(cat ~/.tool/state)"; else echo made anew; fi',
          'mkdir -p modules ~/.tool; cp lock modules/made; echo tool > ~/.tool/state; ln -sf made modules/link',
          'cat modules/link > out',
        ],
        artifacts: 'out',
      },
    },
  }),
  lock,
  ...more,
});

interface Origin {
  readonly git_ref?: string;
  readonly trust?: 'own' | 'fork';
}

/** Builds to the end. @returns the lines of its log, and whether it has completed */
async function lines(slug: string, files: Tree, origin: Origin = { git_ref: 'main' }) {
  const source = await upload(staithe.client, slug, pack(files));
  const { id, latest_run } = await staithe.client.call('createBuild', {
    params: { project: slug },
    body: { source_id: source.id, force_rebuild: true, ...origin },
  });
  const started: Started = { buildId: id, runId: latest_run?.id ?? '' };
  const run = await ended(staithe.client, started.runId);
  const all = (await logOf(staithe.client, id)).map(({ message }) => message);
  expect(run.error).toBeUndefined();
  return all;
}
const about = (all: readonly string[]) =>
  all.filter((line) => /^( {4}.*cache modules|made anew|found: )/.test(line));
const cachesOf = async (slug: string) =>
  (await staithe.client.call('listCaches', { params: { project: slug }, query: { limit: 100 } })).items;

const s3 = () => new S3Client({ ...staithe.aws, forcePathStyle: true });
/** The bytes of a project's caches as they lie in storage. */
async function objectsOf(slug: string): Promise<{ Bucket: string; Key: string }[]> {
  const { id } = await staithe.client.call('getProject', { params: { project: slug } });
  const { Buckets = [] } = await s3().send(new ListBucketsCommand({}));
  const own = Buckets.filter(({ Name }) => !Name?.startsWith('cdk-'));
  const found = own.map(async ({ Name: Bucket = '' }) => {
    const { Contents = [] } = await s3().send(new ListObjectsV2Command({ Bucket, Prefix: `caches/${id}/` }));
    return Contents.map(({ Key = '' }) => ({ Bucket, Key }));
  });
  return (await Promise.all(found)).flat();
}

describe('a second build', () => {
  it('finds what the first has left, below its context and in its home, and saves nothing', async () => {
    const slug = await project();

    const first = await lines(slug, tree('1'));
    const second = await lines(slug, tree('1', { other: 'file' }));

    expect(first.join('\n')).toMatch(
      /==> restore caches\n {4}cache modules, ~\/\.tool: none yet\n[\s\S]*made anew[\s\S]*==> save caches\n {4}cache modules, ~\/\.tool: saved 3 files, /,
    );
    expect(second.join('\n')).toMatch(
      /cache modules, ~\/\.tool: hit of main, \d+ B in [\d.]+ s[\s\S]*\nfound: 1, tool\n/,
    );
    expect(second).not.toContain('==> save caches');
    expect(await cachesOf(slug)).toEqual([
      expect.objectContaining({
        service: 'app',
        branch: 'main',
        trust: 'own',
        paths: ['modules', '~/.tool'],
      }),
    ]);
  });

  it('with other key files begins with the newest of the same paths, and saves its own', async () => {
    const slug = await project();
    await lines(slug, tree('1'));

    const second = await lines(slug, tree('2'));
    const third = await lines(slug, tree('2', { other: 'file' }));

    expect(about(second)).toEqual([
      expect.stringMatching(/no hit, the newest of the same paths instead of main/),
      'found: 1, tool',
      expect.stringMatching(/saved 3 files/),
    ]);
    expect(about(third)).toEqual([expect.stringMatching(/hit of main/), 'found: 2, tool']);
    expect(await cachesOf(slug)).toHaveLength(2);
  });

  it('finds nothing once the caches were purged, of its branch or of all', async () => {
    const slug = await project();
    await lines(slug, tree('1'), { git_ref: 'main' });
    await lines(slug, tree('2'), { git_ref: 'refs/heads/feature' });
    const purge = (query: { branch?: string; service?: string }) =>
      staithe.client.call('purgeCaches', { params: { project: slug }, query, idempotencyKey: 'the-same' });

    const counts = [await purge({ branch: 'feature', service: 'app' }), await purge({ service: 'other' })];
    const kept = await lines(slug, tree('1', { a: '' }));
    const rest = await purge({});
    const after = await lines(slug, tree('1', { b: '' }));

    expect(counts).toEqual([{ purged: 1 }, { purged: 0 }]);
    expect(about(kept)[0]).toMatch(/hit of main/);
    expect(rest).toEqual({ purged: 1 });
    expect(about(after).slice(0, 2)).toEqual([expect.stringMatching(/none yet/), 'made anew']);
  });

  it('goes on without a cache whose bytes are gone, says so, and leaves its own', async () => {
    const slug = await project();
    await lines(slug, tree('1'));
    const [object] = await objectsOf(slug);
    await s3().send(new DeleteObjectCommand(object ?? { Bucket: '', Key: '' }));

    const second = await lines(slug, tree('1', { other: 'file' }));
    const third = await lines(slug, tree('1', { another: 'file' }));

    expect(about(second)).toEqual([
      expect.stringMatching(/warning: cache modules, ~\/\.tool could not be restored: Storage answered 404/),
      'made anew',
      expect.stringMatching(/saved 3 files/),
    ]);
    expect(about(third)[0]).toMatch(/hit of main/);
  });
});

describe('who finds whose', () => {
  it('a branch finds the caches of the default branch, and leaves none to it', async () => {
    const slug = await project();
    await lines(slug, tree('1'), { git_ref: 'main' });

    const branch = await lines(slug, tree('2'), { git_ref: 'feature' });
    const main = await lines(slug, tree('2', { other: '' }), { git_ref: 'main' });

    expect(about(branch).slice(0, 2)).toEqual([expect.stringMatching(/instead of main/), 'found: 1, tool']);
    expect(about(main).slice(0, 2)).toEqual([expect.stringMatching(/instead of main/), 'found: 1, tool']);
  });

  it('a pull request of a fork finds those of the default branch; nobody else ever finds its own', async () => {
    const slug = await project();
    const pull = { git_ref: 'refs/pull/7/head', trust: 'fork' } as const;
    const before = await lines(slug, tree('poison'), pull);

    const others = [
      await lines(slug, tree('poison', { a: '' }), { git_ref: 'main' }),
      await lines(slug, tree('poison', { b: '' }), { git_ref: 'refs/pull/7/head' }),
      await lines(slug, tree('poison', { c: '' }), { git_ref: 'refs/pull/8/head', trust: 'fork' }),
      await lines(slug, tree('other', { d: '' }), {}),
    ];
    const own = await lines(slug, tree('poison', { e: '' }), pull);

    expect(about(before)).toContain('made anew');
    // The first of them is of the default branch: from it all the others may have theirs.
    expect(about(others[0] ?? []).slice(0, 2)).toEqual([expect.stringMatching(/none yet/), 'made anew']);
    for (const lines of others.slice(1)) expect(about(lines)[0]).toMatch(/of main/);
    expect(about(own)[0]).toMatch(/hit, \d|hit of refs\/pull\/7/);
  });

  it('one project finds nothing of another, though all is the same', async () => {
    const [one, other] = [await project(), await project()];
    await lines(one, tree('1'));

    expect(about(await lines(other, tree('1')))).toContain('made anew');
  });
});

describe('a cache', () => {
  it('that cannot be saved does not fail its build', async () => {
    const slug = await project();
    const files = tree('1', {}, { paths: ['modules', 'elsewhere'] });
    const broken = JSON.parse(files['staithe.yaml'] ?? '');
    broken.services.app.commands.push('ln -s /etc modules/etc');

    const all = await lines(slug, { ...files, 'staithe.yaml': JSON.stringify(broken) });

    expect(all.join('\n')).toMatch(
      /warning: cache modules, elsewhere was not saved: The link 'modules\/etc' leads to/,
    );
    expect(await cachesOf(slug)).toEqual([]);
  });

  it('lies in storage under the digest of its bytes, which storage itself has computed', async () => {
    const slug = await project();
    await lines(slug, tree('1'));
    const [cache] = await cachesOf(slug);
    const [object, ...others] = await objectsOf(slug);

    const head = await s3().send(
      new HeadObjectCommand({ ...(object ?? { Bucket: '', Key: '' }), ChecksumMode: 'ENABLED' }),
    );

    expect(others).toEqual([]);
    expect(object?.Key).toBe(`caches/${cache?.project_id}/${cache?.sha256}`);
    expect(Buffer.from(head.ChecksumSHA256 ?? '', 'base64').toString('hex')).toBe(cache?.sha256);
    expect(head.ContentLength).toBe(cache?.size_bytes);
  });
});
