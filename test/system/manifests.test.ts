import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from '../../lib/domain/manifest/index.ts';
import { manifestJsonSchema } from '../../lib/domain/manifest/json-schema.ts';
import { tarGz, zip } from '../archive/craft.ts';
import { AIM, Canary, removeAim } from '../archive/crafted/canary.ts';
import { build, ended, newProject, newSlug, upload } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(async () => {
  removeAim();
  await staithe[Symbol.asyncDispose]();
});

const project = () => newProject(staithe.client, newSlug('manifests'));

const manifestOf = (word: string) =>
  `services:\n  app:\n    commands: ["echo ${word} > out"] # why\n    artifacts: out\n`;
const sync = (slug: string, manifest: string) =>
  staithe.client.call('syncManifest', { params: { project: slug }, body: { manifest } });
/** A tree that brings no manifest of its own. */
const BARE = { 'index.txt': 'x' };

describe('a manifest that was synced', () => {
  it('is read again as it is kept, and builds a tree that has none', async () => {
    const slug = await project();
    const synced = await sync(slug, manifestOf('one'));

    const read = await staithe.client.call('getManifest', { params: { project: slug } });
    const { run } = await build(staithe.client, slug, BARE);

    expect(read).toEqual(synced);
    expect(read.manifest_hash).toBe(parse(manifestOf('one')).hash);
    expect(read.manifest).toEqual({
      services: { app: { artifacts: [{ paths: ['out'] }], commands: ['echo one > out'] } },
    });
    expect(run).toMatchObject({ status: 'completed', manifest_hash: read.manifest_hash });
  });

  it('is not taken where the tree brings its own', async () => {
    const slug = await project();
    await sync(slug, manifestOf('synced'));

    const { run } = await build(staithe.client, slug, { 'staithe.yaml': manifestOf('own') });

    expect(run.manifest_hash).toBe(parse(manifestOf('own')).hash);
  });

  it('is found by its hash when a newer one was synced; a hash of none fails with both hashes', async () => {
    const slug = await project();
    const first = await sync(slug, manifestOf('first'));
    const second = await sync(slug, manifestOf('second'));
    const none = `sha256:${'0'.repeat(64)}`;

    const older = await build(staithe.client, slug, BARE, { manifest_hash: first.manifest_hash });
    const unknown = await build(staithe.client, slug, BARE, { manifest_hash: none });
    const others = await build(
      staithe.client,
      slug,
      { 'staithe.yaml': manifestOf('own') },
      { manifest_hash: second.manifest_hash },
    );

    expect(older.run).toMatchObject({ status: 'completed', manifest_hash: first.manifest_hash });
    expect(unknown.run.error).toMatchObject({ code: 'manifest_error' });
    expect(unknown.run.error?.message).toContain(none);
    expect(unknown.run.error?.message).toContain(second.manifest_hash);
    expect(others.run.error?.message).toContain(second.manifest_hash);
    expect(others.run.error?.message).toContain(parse(manifestOf('own')).hash);
  });

  it('is refused with every mistake at its place, and changes nothing', async () => {
    const slug = await project();
    await sync(slug, manifestOf('good'));

    const { status, body } = await staithe.http('PUT', `/v1/projects/${slug}/manifest`, {
      body: { manifest: 'services:\n  app:\n    comands: [x]\n    timeout: 9h\n', file: 'ci/staithe.yaml' },
    });

    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'manifest_invalid',
      fields: [
        { field: 'services.app.comands', message: expect.stringContaining('(ci/staithe.yaml:3:5)') },
        { field: 'services.app.timeout', message: expect.stringContaining('(ci/staithe.yaml:4:14)') },
      ],
    });
    const read = await staithe.client.call('getManifest', { params: { project: slug } });
    expect(read.manifest_hash).toBe(parse(manifestOf('good')).hash);
  });

  it('must be at most 256 KiB and no more, and is kept as large as that', async () => {
    const slug = await project();
    const commands = Array.from({ length: 45 }, (_, n) => `echo ${n} ${'"'.repeat(2850)}`);
    const large = JSON.stringify({ services: { app: { commands } } });

    const synced = await sync(slug, large);
    const refused = await staithe.http('PUT', `/v1/projects/${slug}/manifest`, {
      body: { manifest: `${large}${' '.repeat(20_000)}` },
    });

    expect(Buffer.byteLength(large)).toBeGreaterThan(250 * 1024);
    expect(synced.manifest).toEqual({ services: { app: { commands } } });
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  it('is missing before the first, and its schema is there for everybody', async () => {
    const slug = await project();

    const missing = await staithe.http('GET', `/v1/projects/${slug}/manifest`);
    const schema = await staithe.http('GET', '/v1/manifest.schema.json', { token: null });

    expect(missing).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(schema).toMatchObject({ status: 200, body: manifestJsonSchema() });
  });
});

describe('a crafted archive that reaches the agent', () => {
  const manifest = { name: 'staithe.yaml', content: manifestOf('never') };
  it.each([
    [
      'tar.gz',
      tarGz(
        manifest,
        { name: 'way', type: '2', linkName: AIM },
        { name: 'way/outside.txt', content: 'changed' },
      ),
      /way/,
    ],
    [
      'zip',
      zip(
        { ...manifest, mode: 0o100644 },
        { name: 'b/way', content: `../..${AIM}`, mode: 0o120777 },
        { name: 'b/way/outside.txt', content: 'changed', mode: 0o100644 },
      ),
      /way/,
    ],
  ] as const)(
    'as %s fails the run, runs no command, and writes nothing outside',
    async (format, bytes, message) => {
      using canary = new Canary();
      const before = canary.state();
      const slug = await project();
      const source = await upload(staithe.client, slug, Buffer.from(bytes), format);

      const { latest_run: started } = await staithe.client.call('createBuild', {
        params: { project: slug },
        body: { source_id: source.id },
      });
      const run = await ended(staithe.client, started?.id ?? '');

      expect(run).toMatchObject({ status: 'failed', artifact_ids: [], error: { code: 'source_error' } });
      expect(run.error?.message).toMatch(message);
      expect(canary.state()).toBe(before);
    },
  );
});
