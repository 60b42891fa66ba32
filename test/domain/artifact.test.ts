/** Artifacts that users bring: what is verified, what is refused, what survives doubled and late calls. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Multipart from '../../lib/domain/artifact/multipart.ts';
import * as Posted from '../../lib/domain/artifact/posted.ts';
import { artifacts } from '../../lib/domain/artifact/record.ts';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import {
  type CreateArtifact,
  PART_BYTES,
  RAW_UPLOAD_MAX_BYTES,
} from '../../lib/domain/artifact/upload-schema.ts';
import { remove } from '../../lib/domain/artifact/use.ts';
import { verifyUpload } from '../../lib/domain/artifact/verify.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { recordImage } from '../../lib/domain/execution/artifacts.ts';
import { ConditionFailed } from '../../lib/domain/ports/table.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { CreateRelease } from '../../lib/domain/release/schema.ts';
import { BlobKeys, Keys, uploadOfBlobKey } from '../../lib/domain/storage/keys.ts';
import {
  ADMIN,
  claimed,
  completedBuild,
  planRun,
  refusal,
  STRANGER,
  sha256Of,
  startedBuild,
  ULID,
  type World,
  world,
} from './world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const BYTES = Buffer.from('the bytes of an artifact');

const create = (more: Partial<CreateArtifact> = {}, seed?: string) =>
  Upload.create(
    place.ports,
    ADMIN,
    place.project,
    { name: 'app.bin', content_type: 'application/octet-stream', ...more },
    seed,
  );
const declare = (bytes: Buffer, more: Partial<CreateArtifact> = {}) =>
  create({ sha256: sha256Of(bytes), size_bytes: bytes.length, ...more });
const receive = (id: string, bytes: Buffer = BYTES) => Posted.receive(place.ports, ADMIN, id, bytes);
const settled = (id: string) => verifyUpload(place.ports, place.project.id, id);
const complete = (id: string) => Multipart.complete(place.ports, ADMIN, id);
const get = (id: string) => Artifact.get(place.ports, ADMIN, id);
const addressOf = (bytes: Buffer) => BlobKeys.artifact(place.project.id, sha256Of(bytes));
const stagingOf = (id: string) => BlobKeys.staging(place.project.id, id);
type Sendable = Awaited<ReturnType<typeof create>>['upload'];
const send = (upload: Sendable | undefined, bytes: Buffer): number =>
  upload ? place.ports.blobs.put(upload.url, upload.headers, bytes) : 0;

describe('bytes that nobody has declared', () => {
  test('are digested here, and stand at their content address only then', async () => {
    const { id, upload } = await create();
    expect(send(upload, BYTES)).toBe(200);
    const before = place.ports.blobs.has(addressOf(BYTES));

    const artifact = await settled(id);

    expect(before).toBe(false);
    expect(artifact).toMatchObject({
      status: 'stored',
      digest: `sha256:${sha256Of(BYTES)}`,
      size_bytes: BYTES.length,
      stored_at: expect.any(String),
    });
    expect(await place.ports.blobs.head(addressOf(BYTES))).toMatchObject({ sha256: sha256Of(BYTES) });
    expect(place.ports.blobs.has(stagingOf(id))).toBe(false);
  });

  test('are those that were read, also when others are written meanwhile', async () => {
    const { id, upload } = await create();
    send(upload, BYTES);
    const { blobs } = place.ports;
    const read = blobs.read;
    const ports = {
      ...place.ports,
      blobs: {
        ...blobs,
        read: async (key: string, version?: string) => {
          const bytes = await read(key, version);
          send(upload, Buffer.from('others, written in between'));
          return bytes;
        },
      },
    };

    const artifact = await verifyUpload(ports, place.project.id, id);

    expect(artifact?.digest).toBe(`sha256:${sha256Of(BYTES)}`);
    expect(await blobs.head(addressOf(BYTES))).toMatchObject({ sha256: sha256Of(BYTES) });
  });

  test('that come when the artifact is stored, rejected or gone are dropped', async () => {
    const [stored, gone] = [await create(), await create()];
    await receive(stored.id);
    await remove(place.ports, ADMIN, gone.id);
    for (const { upload } of [stored, gone]) expect(send(upload, Buffer.from('late'))).toBe(200);

    const after = [await settled(stored.id), await settled(gone.id)];

    expect(after[0]).toEqual(await get(stored.id));
    expect(after[1]).toBeUndefined();
    for (const { id } of [stored, gone]) expect(place.ports.blobs.has(stagingOf(id))).toBe(false);
    expect(place.ports.blobs.has(addressOf(Buffer.from('late')))).toBe(false);
  });

  test('settle once, whoever asks how often', async () => {
    const { id, upload } = await create();
    send(upload, BYTES);

    const all = await Promise.all([settled(id), settled(id), complete(id)]);
    await settled(id);

    const artifact = await get(id);
    expect(artifact.status).toBe('stored');
    for (const one of all) expect(['stored', 'verifying']).toContain(one?.status);
  });

  test('that have not come leave the artifact as it is', async () => {
    const { id } = await create();

    expect(await settled(id)).toMatchObject({ status: 'pending' });
    expect(await refusal(complete(id))).toBe('artifact_not_stored');
  });
});

describe('declared bytes', () => {
  test('need no reading: storage has their digest', async () => {
    const { id, upload } = await declare(BYTES);
    send(upload, BYTES);
    const unreadable = {
      ...place.ports,
      blobs: { ...place.ports.blobs, read: () => Promise.reject(new Error('read')) },
    };

    expect(await verifyUpload(unreadable, place.project.id, id)).toMatchObject({ status: 'stored' });
  });

  test('that the project has make a stored artifact without an upload', async () => {
    await receive((await create()).id);

    const again = await declare(BYTES, { name: 'again.bin' });

    expect(again).toMatchObject({ status: 'stored', upload: null, multipart: null });
    expect(await Artifact.download(place.ports, ADMIN, again.id)).toMatchObject({ digest: again.digest });
  });

  test('with a repeated seed are one artifact with a fresh upload', async () => {
    const first = await create({}, ULID);
    const again = await create({}, ULID);

    expect(again.id).toBe(first.id);
    expect(again.upload?.url).not.toBe(first.upload?.url);
  });
});

describe('posted bytes', () => {
  test('of 4 MiB are taken, one more is an upload to storage of just these', async () => {
    const [small, large] = [Buffer.alloc(RAW_UPLOAD_MAX_BYTES, 1), Buffer.alloc(RAW_UPLOAD_MAX_BYTES + 1, 1)];
    const { id } = await create();
    expect(await receive((await create()).id, small)).toMatchObject({ status: 'stored' });

    const problem = await receive(id, large).catch((error: unknown) => error);

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
    expect(await get(id)).toMatchObject({ status: 'pending' });
  });

  test('of two at once, one counts', async () => {
    const { id } = await create();
    const others = [Buffer.from('one'), Buffer.from('two')];

    const ends = await Promise.allSettled(others.map((bytes) => receive(id, bytes)));

    const kept = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value.digest] : []));
    expect(kept).toEqual([(await get(id)).digest]);
  });

  test('are refused for what a build made', async () => {
    const { run } = await completedBuild(place);
    const [artifact] = (await Artifact.list(place.ports, [place.project], { limit: 1 })).items;

    expect(artifact?.run_id).toBe(run.id);
    expect(await refusal(receive(artifact?.id ?? ''))).toBe('wrong_state');
    expect(await refusal(complete(artifact?.id ?? ''))).toBe('wrong_state');
    expect(await refusal(remove(place.ports, ADMIN, artifact?.id ?? ''))).toBe('artifact_in_use');
  });
});

describe('an upload in parts', () => {
  const WHOLE = Buffer.concat([
    Buffer.alloc(PART_BYTES, 'a'),
    Buffer.alloc(PART_BYTES, 'b'),
    Buffer.from('c'),
  ]);
  const part = (number: number) => WHOLE.subarray((number - 1) * PART_BYTES, number * PART_BYTES);
  const begin = (id: string) => Multipart.begin(place.ports, ADMIN, id);
  const sendPart = async (id: string, number: number, bytes = part(number)) => {
    const { parts } = await Multipart.sign(place.ports, ADMIN, id, {
      parts: [{ number, sha256: sha256Of(bytes) }],
    });
    return send(parts[0]?.upload, bytes);
  };

  test('names what is missing, and is verified as a whole', async () => {
    const { id, multipart } = await declare(WHOLE);
    await begin(id);
    await sendPart(id, 2);
    const early = await complete(id).catch((error: unknown) => error);
    await sendPart(id, 1);
    await sendPart(id, 3);

    const completed = await complete(id);
    const artifact = await settled(id);

    expect(multipart).toEqual({ part_size_bytes: PART_BYTES, part_count: 3 });
    expect(early).toMatchObject({ code: 'artifact_not_stored', message: '2 parts have not arrived: 1, 3.' });
    expect(completed.status).toBe('verifying');
    expect(place.ports.blobs.has(addressOf(WHOLE))).toBe(true);
    expect(artifact).toMatchObject({ status: 'stored', size_bytes: WHOLE.length });
    expect(await complete(id)).toEqual(artifact);
  });

  test('of right parts in wrong bytes is rejected and nowhere to be read', async () => {
    const other = Buffer.from(WHOLE);
    other.write('x', 5);
    const { id } = await declare(other);
    await begin(id);
    for (const number of [1, 2, 3]) await sendPart(id, number);
    await complete(id);

    const artifact = await settled(id);

    expect(artifact).toMatchObject({ status: 'rejected', error: { code: 'artifact_mismatch' } });
    expect(place.ports.blobs.has(addressOf(other))).toBe(false);
    expect(place.ports.blobs.has(addressOf(WHOLE))).toBe(false);
    expect(place.ports.blobs.has(stagingOf(id))).toBe(false);
    expect(await refusal(begin(id))).toBe('wrong_state');
    expect(await complete(id)).toEqual(artifact);
  });

  test('is one upload however often and by how many it is begun', async () => {
    const { id } = await declare(WHOLE);

    const begun = await Promise.all([begin(id), begin(id), begin(id)]);
    await sendPart(id, 1);

    for (const { parts } of begun) expect(parts).toEqual([]);
    expect((await begin(id)).parts).toMatchObject([{ number: 1, sha256: sha256Of(part(1)) }]);
    expect((await Multipart.find(place.ports, ADMIN, id)).parts).toHaveLength(1);
  });

  test('that storage has forgotten is begun anew', async () => {
    const { id } = await declare(WHOLE);
    await begin(id);
    await sendPart(id, 1);
    const stored = await artifacts.get(place.ports.table, Keys.artifact(id));
    const uploadId = stored?.value.multipart?.upload_id ?? '';
    await place.ports.blobs.abortMultipart({ key: stagingOf(id), uploadId });

    expect(await refusal(Multipart.find(place.ports, ADMIN, id))).toBe('wrong_state');
    expect((await begin(id)).parts).toEqual([]);
    expect(await sendPart(id, 1)).toBe(200);
  });

  test('is completed by a repeat whose first answer was lost', async () => {
    const { id } = await declare(WHOLE);
    await begin(id);
    for (const number of [1, 2, 3]) await sendPart(id, number);
    const stored = await artifacts.get(place.ports.table, Keys.artifact(id));
    const upload = { key: stagingOf(id), uploadId: stored?.value.multipart?.upload_id ?? '' };
    const parts = (await place.ports.blobs.parts(upload)) ?? [];
    await place.ports.blobs.completeMultipart({ ...upload, parts });

    expect((await complete(id)).status).toBe('verifying');
  });
});

describe('what a release has', () => {
  const cut = (named: Record<string, string>, version: string) =>
    Release.create(place.ports, ADMIN, place.project, { artifacts: named, version });
  const uploaded = async (bytes = BYTES) => (await receive((await create()).id, bytes)).id;

  test('is frozen under the services that were named, beside or instead of those of a build', async () => {
    const { build } = await completedBuild(place, 'services:\n  web: {}\n  api: {}\n');
    const id = await uploaded();

    const release = await Release.create(place.ports, ADMIN, place.project, {
      build_id: build.id,
      artifacts: { api: id, extra: id },
      version: '1.0.0',
    });

    expect(release.artifacts.map(({ service, name }) => `${service} ${name}`)).toEqual([
      'api app.bin',
      'extra app.bin',
      'web web.zip',
    ]);
    expect(release).toMatchObject({ build_id: build.id, manifest_hash: expect.any(String) });
  });

  test('cannot be deleted, and what was deleted cannot be released', async () => {
    const [kept, gone] = [await uploaded(), await uploaded()];
    const release = await cut({ web: kept }, '1.0.0');
    await cut({ web: kept }, '1.1.0');
    await remove(place.ports, ADMIN, gone);

    const problem = await remove(place.ports, ADMIN, kept).catch((error: unknown) => error);

    expect(problem).toMatchObject({
      code: 'artifact_in_use',
      message: `Release ${release.id} has artifact ${kept}.`,
    });
    expect(await refusal(cut({ web: gone }, '1.2.0'))).toBe('not_found');
    expect(await refusal(remove(place.ports, ADMIN, gone))).toBe('not_found');
    expect((await get(kept)).status).toBe('stored');
  });

  test('and what is deleted at the same moment: one of the two happens', async () => {
    for (let round = 0; round < 20; round++) {
      const id = await uploaded();
      const [released, removed] = await Promise.allSettled([
        cut({ web: id }, `1.0.${round}`),
        remove(place.ports, ADMIN, id),
      ]);

      expect([released.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      const left = await artifacts.get(place.ports.table, Keys.artifact(id));
      expect(left === undefined).toBe(removed.status === 'fulfilled');
    }
  });

  test('two releases at once may have the same upload', async () => {
    const id = await uploaded();
    const { table } = place.ports;
    let raced = false;
    const ports = {
      ...place.ports,
      table: {
        ...table,
        transact: async (writes: Parameters<typeof table.transact>[0]) => {
          if (!raced) {
            raced = true;
            await cut({ web: id }, '1.0.0'); // claims the upload between the look and the write
          }
          await table.transact(writes);
        },
      },
    };

    const second = await Release.create(ports, ADMIN, place.project, {
      artifacts: { web: id },
      version: '1.1.0',
    });

    expect(second.version).toBe('1.1.0');
    await expect(
      table.write({ put: { ...Keys.artifactUse(id), entity: 'x', revision: 1 }, when: { absent: true } }),
    ).rejects.toThrow(ConditionFailed);
  });

  test.each<[string, unknown, boolean]>([
    ['a build', { build_id: `bld_${ULID}`, tag: 't' }, true],
    ['an artifact', { artifacts: { web: `art_${ULID}` }, tag: 't' }, true],
    ['both', { build_id: `bld_${ULID}`, artifacts: { web: `art_${ULID}` }, tag: 't' }, true],
    ['neither', { tag: 't' }, false],
    ['no artifact at all', { artifacts: {}, tag: 't' }, false],
    ['a service that is no name', { artifacts: { 'We b': `art_${ULID}` }, tag: 't' }, false],
    ['an id of something else', { artifacts: { web: `bld_${ULID}` }, tag: 't' }, false],
    ['a list', { artifacts: [`art_${ULID}`], tag: 't' }, false],
    [
      'more than 50',
      {
        artifacts: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`s${at}`, `art_${ULID}`])),
        tag: 't',
      },
      false,
    ],
  ])('may be named as %s', (_, body, allowed) => {
    expect(CreateRelease.safeParse(body).success).toBe(allowed);
  });

  test('is stored, of this project, and known', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const theirs = await Upload.create(place.ports, ADMIN, other, {
      name: 'a',
      content_type: 'a/b',
    });
    await Posted.receive(place.ports, ADMIN, theirs.id, BYTES);

    expect(await refusal(cut({ web: (await create()).id }, '1.0.0'))).toBe('artifact_not_stored');
    expect(await refusal(cut({ web: theirs.id }, '1.0.0'))).toBe('not_found');
    expect(await refusal(cut({ web: `art_${ULID}` }, '1.0.0'))).toBe('not_found');
  });
});

describe('an image', () => {
  const IMAGE = {
    repository: 'registry.example.com/hello/web',
    registry: 'own' as const,
    digest: `sha256:${sha256Of('manifest')}`,
    sizeBytes: 1234,
    platforms: ['linux/amd64', 'linux/arm64'],
    tags: ['sha-0123456'],
    mediaType: 'application/vnd.oci.image.index.v1+json',
  };

  test('is recorded once for its job, is stored, counts as its result, and is not downloaded', async () => {
    const { run } = await startedBuild(place);
    const [dispatch] = (await planRun(place, run.id)).jobs;
    if (dispatch === undefined) throw new Error('There is no job.');
    const { job } = await claimed(place, dispatch);

    const id = await recordImage(place.ports, job, IMAGE);
    const again = await recordImage(place.ports, job, { ...IMAGE, tags: [] });

    const agent = { kind: 'job', job_id: job.id, run_id: job.run_id, project_id: job.project_id } as const;
    await Job.result(place.ports, agent, job.id, { status: 'completed', artifact_ids: [id] });
    expect(again).toBe(id);
    expect(await get(id)).toMatchObject({
      origin: 'build',
      kind: 'image',
      name: 'web',
      status: 'stored',
      digest: IMAGE.digest,
      image: {
        ref: `${IMAGE.repository}@${IMAGE.digest}`,
        tags: ['sha-0123456'],
        platforms: IMAGE.platforms,
      },
    });
    expect(await refusal(Artifact.download(place.ports, ADMIN, id))).toBe('artifact_not_downloadable');
  });
});

test('an artifact of an earlier version says that it is of a build', async () => {
  const { run } = await completedBuild(place);
  const [id = ''] = (await Artifact.list(place.ports, [place.project], { limit: 1 })).items.map(
    (one) => one.id,
  );
  const { origin: _, ...item } = (await place.ports.table.get(Keys.artifact(id))) ?? { origin: '' };
  await place.ports.table.write({
    put: { ...item, ...Keys.artifact(id), entity: 'artifact', revision: 9 },
    when: { any: true },
  });

  expect(await get(id)).toMatchObject({ origin: 'build', run_id: run.id });
});

test('a project that has uploads is not deleted', async () => {
  const { id } = await create();
  await receive(id);

  expect(await refusal(Project.remove(place.ports, ADMIN, 'hello'))).toBe('project_not_empty');

  await remove(place.ports, ADMIN, id);
  place.ports.clock.advance(3 * 60_000);
  await Project.remove(place.ports, ADMIN, 'hello');
});

test('strangers see none of it', async () => {
  const { id } = await create();
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
