import { beforeEach, describe, expect, test } from 'vitest';
import { sourceArrived } from '../../lib/domain/execution/begin.ts';
import { parse } from '../../lib/domain/manifest/index.ts';
import { ArchiveUnreadable } from '../../lib/domain/ports/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import { sources } from '../../lib/domain/source/record.ts';
import { readSurvey } from '../../lib/domain/source/survey.ts';
import { BlobKeys, Keys, sourceOfBlobKey } from '../../lib/domain/storage/keys.ts';
import {
  ADMIN,
  ONE_SERVICE,
  refusal,
  STRANGER,
  sha256Of,
  uploadedSource,
  type World,
  world,
} from './world.ts';

const BYTES = Buffer.from('the bytes of an archive');
const SHA = sha256Of(BYTES);
const INPUT = { sha256: SHA, size_bytes: BYTES.length, format: 'tar.gz' } as const;

let place: World;
beforeEach(async () => {
  place = await world();
});
const announce = (input: Parameters<typeof Source.create>[3] = INPUT, id?: string) =>
  Source.create(place.ports, ADMIN, place.project, input, id);
const requireUploaded = (id: string, actor = ADMIN) =>
  Source.requireUploaded(place.ports, actor, place.project, id);
/** What the event of the storage leads to. */
const arrive = async () => {
  const source = await Source.sourceOfUpload(place.ports, place.project.id, SHA);
  if (source !== undefined) await sourceArrived(place.ports, source);
  return source && (await Source.get(place.ports, ADMIN, source.id));
};
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
    await arrive();

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

    expect(await refusal(requireUploaded(source.id))).toBe('source_not_uploaded');
    expect((await Source.get(place.ports, ADMIN, source.id)).status).toBe('pending');
  });

  test('they are looked up, so it need not wait for the event of the storage', async () => {
    const source = await announce();
    upload(source);

    expect(await requireUploaded(source.id)).toMatchObject({ id: source.id, status: 'pending' });
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

    expect(await refusal(requireUploaded(source.id))).toBe('source_mismatch');
    expect((await Source.get(place.ports, ADMIN, source.id)).status).toBe('pending');
  });

  test('of another project, or not to be seen, is not found', async () => {
    const source = await announce();
    upload(source);
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });

    expect(await refusal(Source.requireUploaded(place.ports, ADMIN, other, source.id))).toBe('not_found');
    expect(await refusal(requireUploaded(source.id, STRANGER))).toBe('not_found');
  });
});

describe("the storage's event", () => {
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

  test('has the tree surveyed: its digest and its manifest are known from then on', async () => {
    const id = await uploadedSource(place, { 'staithe.yaml': ONE_SERVICE });
    const source = (await sources.get(place.ports.table, Keys.source(id)))?.value;
    if (source === undefined) throw new Error('There is no source.');

    await sourceArrived(place.ports, source);

    const surveyed = (await sources.get(place.ports.table, Keys.source(id)))?.value;
    expect(surveyed).toMatchObject({
      status: 'stored',
      tree_digest: expect.stringMatching(/^sha256:/),
      tree_manifest_hash: parse(ONE_SERVICE).hash,
    });
    expect(surveyed && (await readSurvey(place.ports, surveyed))).toMatchObject({
      manifest: parse(ONE_SERVICE),
    });
  });

  test('of bytes that are no archive marks the source stored, and notes nothing of it', async () => {
    upload(await announce());
    const trees = {
      survey: async () => {
        throw new ArchiveUnreadable('The bytes are no tar.gz.');
      },
    };
    const source = await Source.sourceOfUpload(place.ports, place.project.id, SHA);
    if (source === undefined) throw new Error('There is no source.');

    await sourceArrived({ ...place.ports, trees }, source);

    const stored = await Source.get(place.ports, ADMIN, source.id);
    expect(stored.status).toBe('stored');
    expect(stored.tree_digest).toBeUndefined();
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
  const stage = () => Source.storeCommit(place.ports, place.project, GIT);

  test('keeps the archive of the git host as an uploaded source without its wrapping folder', async () => {
    place.ports.gitHost.commit(GIT.repository, GIT.sha, BYTES);

    const source = await stage();

    expect(source).toMatchObject({ status: 'pending', sha256: SHA, strip_components: 1, git: GIT });
    expect(await place.ports.blobs.head(BlobKeys.source(place.project.id, SHA))).toBeDefined();
  });

  test('twice is one source', async () => {
    place.ports.gitHost.commit(GIT.repository, GIT.sha, BYTES);

    const [first, second] = [await stage(), await stage()];

    expect(second).toEqual(first);
  });
});
