/** Artifacts that users bring in parts. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Multipart from '../../lib/domain/artifact/multipart.ts';
import { artifacts } from '../../lib/domain/artifact/record.ts';
import { PART_BYTES } from '../../lib/domain/artifact/upload-schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { uploading } from './uploading.ts';
import { ADMIN, refusal, sha256Of, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof uploading>>;
beforeEach(async () => {
  scene = await uploading();
  ({ place } = scene);
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
    return scene.send(parts[0]?.upload, bytes);
  };

  test('names what is missing, and is verified as a whole', async () => {
    const { id, multipart } = await scene.declare(WHOLE);
    await begin(id);
    await sendPart(id, 2);
    const early = await scene.complete(id).catch((error: unknown) => error);
    await sendPart(id, 1);
    await sendPart(id, 3);

    const completed = await scene.complete(id);
    const artifact = await scene.settled(id);

    expect(multipart).toEqual({ part_size_bytes: PART_BYTES, part_count: 3 });
    expect(early).toMatchObject({ code: 'artifact_not_stored', message: '2 parts have not arrived: 1, 3.' });
    expect(completed.status).toBe('verifying');
    expect(place.ports.blobs.has(scene.addressOf(WHOLE))).toBe(true);
    expect(artifact).toMatchObject({ status: 'stored', size_bytes: WHOLE.length });
    expect(await scene.complete(id)).toEqual(artifact);
  });

  test('of right parts in wrong bytes is rejected and nowhere to be read', async () => {
    const other = Buffer.from(WHOLE);
    other.write('x', 5);
    const { id } = await scene.declare(other);
    await begin(id);
    for (const number of [1, 2, 3]) await sendPart(id, number);
    await scene.complete(id);

    const artifact = await scene.settled(id);

    expect(artifact).toMatchObject({ status: 'rejected', error: { code: 'artifact_mismatch' } });
    expect(place.ports.blobs.has(scene.addressOf(other))).toBe(false);
    expect(place.ports.blobs.has(scene.addressOf(WHOLE))).toBe(false);
    expect(place.ports.blobs.has(scene.stagingOf(id))).toBe(false);
    expect(await refusal(begin(id))).toBe('wrong_state');
    expect(await scene.complete(id)).toEqual(artifact);
  });

  test('is one upload however often and by how many it is begun', async () => {
    const { id } = await scene.declare(WHOLE);

    const begun = await Promise.all([begin(id), begin(id), begin(id)]);
    await sendPart(id, 1);

    for (const { parts } of begun) expect(parts).toEqual([]);
    expect((await begin(id)).parts).toMatchObject([{ number: 1, sha256: sha256Of(part(1)) }]);
    expect((await Multipart.find(place.ports, ADMIN, id)).parts).toHaveLength(1);
  });

  test('that storage has forgotten is begun anew', async () => {
    const { id } = await scene.declare(WHOLE);
    await begin(id);
    await sendPart(id, 1);
    const stored = await artifacts.get(place.ports.table, Keys.artifact(id));
    const uploadId = stored?.value.multipart?.upload_id ?? '';
    await place.ports.blobs.abortMultipart({ key: scene.stagingOf(id), uploadId });

    expect(await refusal(Multipart.find(place.ports, ADMIN, id))).toBe('wrong_state');
    expect((await begin(id)).parts).toEqual([]);
    expect(await sendPart(id, 1)).toBe(200);
  });

  test('is completed by a repeat whose first answer was lost', async () => {
    const { id } = await scene.declare(WHOLE);
    await begin(id);
    for (const number of [1, 2, 3]) await sendPart(id, number);
    const stored = await artifacts.get(place.ports.table, Keys.artifact(id));
    const upload = { key: scene.stagingOf(id), uploadId: stored?.value.multipart?.upload_id ?? '' };
    const parts = (await place.ports.blobs.parts(upload)) ?? [];
    await place.ports.blobs.completeMultipart({ ...upload, parts });

    expect((await scene.complete(id)).status).toBe('verifying');
  });
});
