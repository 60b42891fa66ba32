/** The deploy target `static` with the real SDK, against the bucket and the distribution of the stack. */
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { zip } from 'embedded-cloud/test-kit/zip.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SiteRelease } from '../../lib/aws/sites/layout.ts';
import { TargetError } from '../../lib/domain/ports/targets.ts';
import { StaticTarget } from '../../lib/domain/target/static.ts';
import { PROJECT, targetContract } from '../domain/ports/target.contract.ts';
import { type SitesCloud, startSitesCloud } from './sites-cloud.ts';

let cloud: SitesCloud;
beforeAll(async () => {
  cloud = await startSitesCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

interface Of {
  readonly site: string;
  readonly files: Readonly<Record<string, string>>;
  readonly target?: Partial<StaticTarget>;
  readonly variables?: Record<string, string>;
}

const releaseOf = async ({ site, files, target, variables = {} }: Of): Promise<SiteRelease> => ({
  deploymentId: 'dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  environment: 'test',
  projectId: PROJECT,
  target: StaticTarget.parse({ kind: 'static', site, ...target }),
  variables,
  artifact: await cloud.store(await zip(files)),
});

/** A page and the script that it loads. */
const page = (name: string) => ({
  'index.html': `<script src="assets/app-${name.repeat(8)}.js"></script>`,
  [`assets/app-${name.repeat(8)}.js`]: `console.log('${name}')`,
});

/** As the workflow does. @returns the version */
async function deploy(release: SiteRelease): Promise<string> {
  const { sites } = cloud;
  const previous = await sites.serving(release);
  await sites.prepare(release);
  expect(await sites.isReady(release)).toBe(true);
  const version = await sites.publish(release);
  await sites.shift(release, { version, previous, percent: 100 });
  return version;
}

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${cloud.url}/${path}`, { redirect: 'manual', ...init });
const textOf = async (path: string) => (await get(path)).text();
const keys = async (prefix: string) => {
  const { Contents = [] } = await cloud.client.send(
    new ListObjectsV2Command({ Bucket: cloud.bucket, Prefix: `${PROJECT}/${prefix}` }),
  );
  return Contents.map(({ Key = '' }) => Key.slice(PROJECT.length + 1));
};

describe('the target `static`', () => {
  let count = 0;
  targetContract<StaticTarget>(() => ({
    adapter: cloud.sites,
    freshTarget: () => StaticTarget.parse({ kind: 'static', site: `fresh-${++count}` }),
    artifact: async (text) => cloud.store(await zip({ 'index.html': text })),
    ask: async (url) => (await fetch(url)).text(),
  }));
});

describe('a site', () => {
  test('is served at its URL, with headers by which browsers keep what does not change', async () => {
    const release = await releaseOf({ site: 'first', files: { ...page('a'), 'logo.svg': '<svg/>' } });
    const version = await deploy(release);
    const { url } = await cloud.sites.shift(release, { version, percent: 100 });
    const index = await get('first/');
    const script = await get('first/assets/app-aaaaaaaa.js');
    const logo = await get('first/logo.svg');

    expect(url).toBe(`${cloud.url}/first/`);
    expect([index.headers.get('content-type'), index.headers.get('cache-control')]).toEqual([
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect([script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    expect([logo.headers.get('content-type'), logo.headers.get('cache-control')]).toEqual([
      'image/svg+xml; charset=utf-8',
      'no-cache',
    ]);
    expect(await cloud.sites.serving(release)).toBe(version);
  });

  test('has an index in each folder, and says what is missing', async () => {
    const files = { 'index.html': 'root', 'docs/index.html': 'docs', 'docs/a.html': 'a' };
    await deploy(await releaseOf({ site: 'folders', files }));

    expect(
      await Promise.all(['', 'docs/', 'docs', 'docs/a.html'].map((path) => textOf(`folders/${path}`))),
    ).toEqual(['root', 'docs', 'docs', 'a']);
    expect((await get('folders')).headers.get('location')).toBe('/folders/');
    expect((await get('folders/none.html')).status).toBe(404);
    expect((await get('other/')).status).toBe(404);
  });

  test('that routes by itself answers every path with its index, but for files', async () => {
    const files = { 'index.html': 'app', 'robots.txt': 'robots' };
    await deploy(await releaseOf({ site: 'routes', files, target: { spa: true } }));

    expect(await Promise.all(['orders/7', 'robots.txt'].map((path) => textOf(`routes/${path}`)))).toEqual([
      'app',
      'robots',
    ]);
    expect((await get('routes/none.txt')).status).toBe(404);
  });

  test('has the variables of the environment in a file, so that one artifact serves everywhere', async () => {
    const of = {
      site: 'variables',
      files: { 'index.html': 'x', 'config.json': '{"API":"http://localhost"}' },
    };
    const target = { variables_file: 'config.json' };
    const first = await deploy(await releaseOf({ ...of, target, variables: { API: 'https://a.example' } }));
    const second = await deploy(await releaseOf({ ...of, target, variables: { API: 'https://b.example' } }));

    expect(second).not.toBe(first);
    expect(JSON.parse(await textOf('variables/config.json'))).toEqual({ API: 'https://b.example' });
    expect(JSON.parse(await textOf(`variables@${first}/config.json`))).toEqual({ API: 'https://a.example' });
  });
});

describe('a version', () => {
  test('is asked under a name of its own before the site is switched', async () => {
    const before = await releaseOf({ site: 'candidate', files: page('a') });
    await deploy(before);
    const release = await releaseOf({ site: 'candidate', files: page('b') });
    await cloud.sites.prepare(release);
    const version = await cloud.sites.publish(release);

    expect(await textOf(`candidate@${version}/`)).toContain('bbbbbbbb');
    expect(await textOf('candidate/')).toContain('aaaaaaaa');
  });

  test('is gone back to with its own settings, without an upload', async () => {
    const first = await releaseOf({ site: 'back', files: { 'index.html': 'a', 'start.html': 'b' } });
    const version = await deploy(first);
    const second = { ...first, target: { ...first.target, index: 'start.html' } };
    const next = await deploy(second);
    const now = await textOf('back/');
    await cloud.sites.shift(second, { version, previous: next, percent: 100 });

    expect([now, await textOf('back/')]).toEqual(['b', 'a']);
    expect(await cloud.sites.has(first, version)).toBe(true);
    expect(await cloud.sites.has(second, version)).toBe(false);
  });

  test('still finds its assets when another one is live', async () => {
    await deploy(await releaseOf({ site: 'assets', files: page('a') }));
    await deploy(await releaseOf({ site: 'assets', files: page('b') }));

    expect(await textOf('assets/assets/app-aaaaaaaa.js')).toContain("'a'");
    expect(await textOf('assets/assets/app-bbbbbbbb.js')).toContain("'b'");
  });

  test('is complete when its marker is there: an upload that was broken off goes on', async () => {
    const release = await releaseOf({ site: 'broken', files: page('a') });
    await cloud.sites.prepare(release);
    const [marker = ''] = await keys('broken/markers/');
    await cloud.client.send(new DeleteObjectCommand({ Bucket: cloud.bucket, Key: `${PROJECT}/${marker}` }));
    const incomplete = await cloud.sites.isReady(release);
    await cloud.sites.prepare(release);

    expect([incomplete, await cloud.sites.isReady(release)]).toEqual([false, true]);
  });

  test('is removed with what only it has needed when there are ten newer ones', async () => {
    const versions: string[] = [];
    for (const name of 'abcdefghijkl')
      versions.push(await deploy(await releaseOf({ site: 'old', files: page(name) })));
    const [first, , third] = versions;

    expect(await keys('old/markers/')).toHaveLength(10);
    expect(await keys(`old/versions/${first}/`)).toEqual([]);
    expect((await get('old/assets/app-aaaaaaaa.js')).status).toBe(404);
    expect((await get('old/assets/app-cccccccc.js')).status).toBe(200);
    expect([(await get(`old@${first}/`)).status, (await get(`old@${third}/`)).status]).toEqual([404, 200]);
  });
});

describe('refused is', () => {
  const prepared = async (of: Of) => cloud.sites.prepare(await releaseOf(of));

  test('an artifact without the index', async () => {
    const files = { 'dist/index.html': 'x', 'b.txt': '' };

    await expect(prepared({ site: 'refused', files })).rejects.toThrow(
      new TargetError(
        "The artifact has no index.html at its root, where there is b.txt, dist/. Pack the content of the folder that is to be served, or set the target's index.",
      ),
    );
  });

  test('an artifact that is no archive, or has another digest', async () => {
    const release = await releaseOf({ site: 'refused', files: page('a') });
    const text = await cloud.store(Buffer.from('hello'));

    await expect(cloud.sites.prepare({ ...release, artifact: text })).rejects.toThrow(
      /neither a zip file nor/,
    );
    await expect(
      cloud.sites.prepare({ ...release, artifact: { ...text, digest: release.artifact.digest } }),
    ).rejects.toThrow(/has the digest/);
  });

  test('another file under a name that browsers keep', async () => {
    await deploy(await releaseOf({ site: 'conflict', files: page('a') }));
    const changed = { ...page('a'), 'assets/app-aaaaaaaa.js': 'other' };

    await expect(prepared({ site: 'conflict', files: changed })).rejects.toThrow(
      /assets\/app-aaaaaaaa\.js differs/,
    );
    await expect(
      prepared({ site: 'conflict', files: changed, target: { immutable: [] } }),
    ).resolves.toBeUndefined();
  });

  test('a host name that the installation has no domain for', async () => {
    await expect(prepared({ site: 'shop.example.com', files: page('a') })).rejects.toThrow(
      /no site under shop\.example\.com/,
    );
  });
});
