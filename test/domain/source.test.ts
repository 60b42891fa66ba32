import { beforeEach, describe, expect, test } from 'vitest';
import * as Project from '../../lib/domain/project/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import { BlobKeys, sourceOfBlobKey } from '../../lib/domain/storage/keys.ts';
import { ADMIN, refusal, STRANGER, sha256Of, type World, world } from './world.ts';

const BYTES = Buffer.from('the bytes of an archive');
const SHA = sha256Of(BYTES);
const INPUT = { sha256: SHA, size_bytes: BYTES.length, format: 'tar.gz' } as const;

let place: World;
beforeEach(async () => {
  place = await world();
});
const announce = (input: Parameters<typeof Source.create>[3] = INPUT, id?: string) =>
  Source.create(place.ports, ADMIN, place.project, input, id);
const requireStored = (id: string, actor = ADMIN) =>
  Source.requireStored(place.ports, actor, place.project, id);
const upload = (source: Awaited<ReturnType<typeof announce>>) =>
  source.upload && place.ports.blobs.put(source.upload.url, source.upload.headers, BYTES);

describe('announcing a source', () => {
  test('gives an upload that takes just the declared bytes', async () => {
    const source = await announce();

    const wrong =
      source.upload && place.ports.blobs.put(source.upload.url, source.upload.headers, Buffer.from('others'));
    const right = upload(source);

    expect(source.status).toBe('pending');
    expect([wrong, right]).toEqual([403, 200]);
  });

  test('again before the upload gives the same source and another upload', async () => {
    const first = await announce();
    const second = await announce();

    expect(second.id).toBe(first.id);
    expect(upload(second)).toBe(200);
  });

  test('of bytes that are stored asks for no upload', async () => {
    const first = await announce();
    upload(first);
    await requireStored(first.id);

    const second = await announce();

    expect(second).toMatchObject({ id: first.id, status: 'stored', upload: null });
  });

  test('by many at once makes one source', async () => {
    const announced = await Promise.all(Array.from({ length: 5 }, () => announce()));

    expect(new Set(announced.map(({ id }) => id)).size).toBe(1);
  });

  test('with the digest of bytes known under another size or format is refused, naming the field', async () => {
    await announce();

    const error: unknown = await announce({ ...INPUT, size_bytes: 1 }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'validation_failed', fields: [{ field: 'sha256' }] });
    expect(await refusal(announce({ ...INPUT, format: 'zip' }))).toBe('validation_failed');
  });

  test('in another project is another source: nobody can ask whether others have some bytes', async () => {
    upload(await announce());
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });

    const source = await Source.create(place.ports, ADMIN, other, INPUT);

    expect(source.upload).not.toBeNull();
  });
});

describe('a build needs the bytes of its source', () => {
  test('whose upload never came is refused, and changes nothing', async () => {
    const source = await announce();

    expect(await refusal(requireStored(source.id))).toBe('source_not_uploaded');
    expect((await Source.get(place.ports, ADMIN, source.id)).status).toBe('pending');
  });

  test('they are looked up, so it need not wait for the event of the storage', async () => {
    const source = await announce();
    upload(source);

    const stored = await requireStored(source.id);

    expect(stored).toMatchObject({ status: 'stored', stored_at: place.ports.clock.now().toISOString() });
  });

  test.each([
    ['another size', 'other bytes', SHA],
    ['another digest', BYTES.toString().replace('the', 'teh'), sha256Of('x')],
    ['no digest', BYTES.toString(), undefined],
  ])('bytes of %s in its place are refused', async (_, text, sha256) => {
    const source = await announce();
    place.ports.blobs.place(
      BlobKeys.source(place.project.id, SHA),
      Buffer.from(text),
      sha256 === undefined ? {} : { sha256 },
    );

    expect(await refusal(requireStored(source.id))).toBe('source_mismatch');
    expect((await Source.get(place.ports, ADMIN, source.id)).status).toBe('pending');
  });

  test('of another project, or not to be seen, is not found', async () => {
    const source = await announce();
    upload(source);
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });

    expect(await refusal(Source.requireStored(place.ports, ADMIN, other, source.id))).toBe('not_found');
    expect(await refusal(requireStored(source.id, STRANGER))).toBe('not_found');
  });
});

describe("the storage's event", () => {
  const arrive = () => Source.noteArrival(place.ports, place.project.id, SHA);

  test('marks the source stored; doubled and late it changes nothing', async () => {
    const source = await announce();
    upload(source);

    const first = await arrive();
    place.ports.clock.advance(60_000);
    const again = await Promise.all([arrive(), arrive()]);

    expect(first).toMatchObject({ id: source.id, status: 'stored' });
    expect(again).toEqual([first, first]);
  });

  test('two at once mark it once', async () => {
    upload(await announce());

    const [first, second] = await Promise.all([arrive(), arrive()]);

    expect(second).toEqual(first);
  });

  test('of an object that is no source is no error', async () => {
    expect(await arrive()).toBeUndefined();
  });

  test('names its project and digest by the key, and other keys name none', () => {
    expect(sourceOfBlobKey(BlobKeys.source(place.project.id, SHA))).toEqual({
      projectId: place.project.id,
      sha256: SHA,
    });
    expect(sourceOfBlobKey(BlobKeys.artifact(place.project.id, SHA))).toBeUndefined();
    expect(sourceOfBlobKey(`x/${BlobKeys.source(place.project.id, SHA)}`)).toBeUndefined();
  });
});

describe('staging a commit', () => {
  const GIT = { repository: 'acme/hello', ref: 'refs/heads/main', sha: '3'.repeat(40) };
  const stage = () => Source.stageCommit(place.ports, place.project, GIT);

  test('keeps the archive of the git host as a stored source without its wrapping folder', async () => {
    place.ports.gitHost.commit(GIT.repository, GIT.sha, BYTES);

    const source = await stage();

    expect(source).toMatchObject({ status: 'stored', sha256: SHA, strip_components: 1, git: GIT });
    expect(await place.ports.blobs.head(BlobKeys.source(place.project.id, SHA))).toBeDefined();
  });

  test('twice is one source', async () => {
    place.ports.gitHost.commit(GIT.repository, GIT.sha, BYTES);

    const [first, second] = [await stage(), await stage()];

    expect(second).toEqual(first);
  });
});
