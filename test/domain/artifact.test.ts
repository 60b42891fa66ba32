/** Artifacts that users bring: what is verified, what is refused, what survives doubled and late calls. */

import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Multipart from '../../lib/domain/artifact/multipart.ts';
import * as Posted from '../../lib/domain/artifact/posted.ts';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import { RAW_UPLOAD_MAX_BYTES } from '../../lib/domain/artifact/upload-schema.ts';
import { remove } from '../../lib/domain/artifact/use.ts';
import { verifyUpload } from '../../lib/domain/artifact/verify.ts';
import { BlobKeys, uploadOfBlobKey } from '../../lib/domain/storage/keys.ts';
import { BYTES, uploading } from './uploading.ts';
import { ADMIN, completedBuild, refusal, STRANGER, sha256Of, ULID, type World } from './world.ts';

let place: World;

let scene: Awaited<ReturnType<typeof uploading>>;

beforeEach(async () => {
  scene = await uploading();
  ({ place } = scene);
});

describe('bytes that nobody has declared', () => {
  test('are digested here, and stand at their content address only then', async () => {
    const { id, upload } = await scene.create();
    expect(scene.send(upload, BYTES)).toBe(200);
    const before = place.ports.blobs.has(scene.addressOf(BYTES));

    const artifact = await scene.settled(id);

    expect(before).toBe(false);
    expect(artifact).toMatchObject({
      status: 'stored',
      digest: `sha256:${sha256Of(BYTES)}`,
      size_bytes: BYTES.length,
      stored_at: expect.any(String),
    });
    expect(await place.ports.blobs.head(scene.addressOf(BYTES))).toMatchObject({ sha256: sha256Of(BYTES) });
    expect(place.ports.blobs.has(scene.stagingOf(id))).toBe(false);
  });

  test('are those that were read, also when others are written meanwhile', async () => {
    const { id, upload } = await scene.create();
    scene.send(upload, BYTES);
    const { blobs } = place.ports;
    const read = blobs.read;
    const ports = {
      ...place.ports,
      blobs: {
        ...blobs,
        read: async (key: string, version?: string) => {
          const bytes = await read(key, version);
          scene.send(upload, Buffer.from('others, written in between'));
          return bytes;
        },
      },
    };

    const artifact = await verifyUpload(ports, place.project.id, id);

    expect(artifact?.digest).toBe(`sha256:${sha256Of(BYTES)}`);
    expect(await blobs.head(scene.addressOf(BYTES))).toMatchObject({ sha256: sha256Of(BYTES) });
  });

  test('that come when the artifact is stored, rejected or gone are dropped', async () => {
    const [stored, gone] = [await scene.create(), await scene.create()];
    await scene.receive(stored.id);
    await remove(place.ports, ADMIN, gone.id);
    for (const { upload } of [stored, gone]) expect(scene.send(upload, Buffer.from('late'))).toBe(200);

    const after = [await scene.settled(stored.id), await scene.settled(gone.id)];

    expect(after[0]).toEqual(await scene.get(stored.id));
    expect(after[1]).toBeUndefined();
    for (const { id } of [stored, gone]) expect(place.ports.blobs.has(scene.stagingOf(id))).toBe(false);
    expect(place.ports.blobs.has(scene.addressOf(Buffer.from('late')))).toBe(false);
  });

  test('settle once, whoever asks how often', async () => {
    const { id, upload } = await scene.create();
    scene.send(upload, BYTES);

    const all = await Promise.all([scene.settled(id), scene.settled(id), scene.complete(id)]);
    await scene.settled(id);

    const artifact = await scene.get(id);
    expect(artifact.status).toBe('stored');
    for (const one of all) expect(['stored', 'verifying']).toContain(one?.status);
  });

  test('that have not come leave the artifact as it is', async () => {
    const { id } = await scene.create();

    expect(await scene.settled(id)).toMatchObject({ status: 'pending' });
    expect(await refusal(scene.complete(id))).toBe('artifact_not_stored');
  });
});

describe('declared bytes', () => {
  test('need no reading: storage has their digest', async () => {
    const { id, upload } = await scene.declare(BYTES);
    scene.send(upload, BYTES);
    const unreadable = {
      ...place.ports,
      blobs: { ...place.ports.blobs, read: () => Promise.reject(new Error('read')) },
    };

    expect(await verifyUpload(unreadable, place.project.id, id)).toMatchObject({ status: 'stored' });
  });

  test('that the project has make a stored artifact without an upload', async () => {
    await scene.receive((await scene.create()).id);

    const again = await scene.declare(BYTES, { name: 'again.bin' });

    expect(again).toMatchObject({ status: 'stored', upload: null, multipart: null });
    expect(await Artifact.download(place.ports, ADMIN, again.id)).toMatchObject({ digest: again.digest });
  });

  test('with a repeated seed are one artifact with a fresh upload', async () => {
    const first = await scene.create({}, ULID);
    const again = await scene.create({}, ULID);

    expect(again.id).toBe(first.id);
    expect(again.upload?.url).not.toBe(first.upload?.url);
  });
});

describe('posted bytes', () => {
  test('of 4 MiB are taken, one more is an upload to storage of just these', async () => {
    const [small, large] = [Buffer.alloc(RAW_UPLOAD_MAX_BYTES, 1), Buffer.alloc(RAW_UPLOAD_MAX_BYTES + 1, 1)];
    const { id } = await scene.create();
    expect(await scene.receive((await scene.create()).id, small)).toMatchObject({ status: 'stored' });

    const problem = await scene.receive(id, large).catch((error: unknown) => error);

    expect(problem).toMatchObject({
      code: 'body_too_large',
      extensions: {
        upload: {
          headers: {
            'content-length': String(large.length),
            'x-amz-checksum-sha256': Buffer.from(sha256Of(large), 'hex').toString('base64'),
          },
        },
      },
    });
    expect(await scene.get(id)).toMatchObject({ status: 'pending' });
  });

  test('of two at once, one counts', async () => {
    const { id } = await scene.create();
    const others = [Buffer.from('one'), Buffer.from('two')];

    const ends = await Promise.allSettled(others.map((bytes) => scene.receive(id, bytes)));

    const kept = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value.digest] : []));
    expect(kept).toEqual([(await scene.get(id)).digest]);
  });

  test('are refused for what a build made', async () => {
    const { run } = await completedBuild(place);
    const [artifact] = (await Artifact.list(place.ports, [place.project], { limit: 1 })).items;

    expect(artifact?.run_id).toBe(run.id);
    expect(await refusal(scene.receive(artifact?.id ?? ''))).toBe('wrong_state');
    expect(await refusal(scene.complete(artifact?.id ?? ''))).toBe('wrong_state');
    expect(await refusal(remove(place.ports, ADMIN, artifact?.id ?? ''))).toBe('artifact_in_use');
  });
});

test('strangers see none of it', async () => {
  const { id } = await scene.create();
  const calls = [
    Artifact.get(place.ports, STRANGER, id),
    Posted.receive(place.ports, STRANGER, id, BYTES),
    Multipart.begin(place.ports, STRANGER, id),
    Multipart.complete(place.ports, STRANGER, id),
    remove(place.ports, STRANGER, id),
    Upload.projectOf(place.ports, STRANGER, 'hello'),
  ];

  expect(await Promise.all(calls.map((call) => refusal(call)))).toEqual(calls.map(() => 'not_found'));
  expect(await refusal(Upload.projectOf(place.ports, ADMIN, undefined))).toBe('validation_failed');
});

test('the key under which an upload waits names its artifact, and no other key does', () => {
  const [project, artifact] = [`prj_${ULID}`, `art_${ULID}`];

  expect(uploadOfBlobKey(BlobKeys.staging(project, artifact))).toEqual({
    projectId: project,
    artifactId: artifact,
  });
  expect(uploadOfBlobKey(BlobKeys.artifact(project, sha256Of('a')))).toBeUndefined();
  expect(uploadOfBlobKey(`uploads/${project}/${artifact}/x`)).toBeUndefined();
});
