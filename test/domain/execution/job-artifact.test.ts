import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../../lib/domain/artifact/index.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import { BlobKeys } from '../../../lib/domain/storage/keys.ts';
import {
  ADMIN,
  agentOf,
  builtJob,
  claimed,
  plannedJob,
  refusal,
  STRANGER,
  sha256Of,
  uploadedArtifact,
  type World,
  world,
} from '../world.ts';

const AGENT = '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20';

let place: World;

let dispatch: Dispatch;

beforeEach(async () => {
  place = await world();
  ({ dispatch } = await plannedJob(place));
});

const claim = (claim_id = AGENT, ticket = dispatch.ticket) =>
  Job.claim(place.ports, dispatch.job_id, { ticket, claim_id });

const job = () => Job.get(place.ports, ADMIN, dispatch.job_id);

describe('an artifact', () => {
  const announce = async (work: Awaited<ReturnType<typeof claim>>, text = 'bytes', name = 'web.zip') =>
    Job.createUpload(place.ports, agentOf(work), work.job.id, {
      name,
      sha256: sha256Of(text),
      size_bytes: Buffer.byteLength(text),
      content_type: 'application/zip',
    });
  const report = (work: Awaited<ReturnType<typeof claim>>, ...artifact_ids: string[]) =>
    Job.result(place.ports, agentOf(work), work.job.id, { status: 'completed', artifact_ids });

  test('announced again is the same artifact; other bytes or another name are another', async () => {
    const work = await claim();

    const [first, again, bytes, name] = [
      await announce(work),
      await announce(work),
      await announce(work, 'others'),
      await announce(work, 'bytes', 'api.zip'),
    ];

    expect(again.artifact_id).toBe(first.artifact_id);
    expect(new Set([first, bytes, name].map(({ artifact_id }) => artifact_id)).size).toBe(3);
  });

  test('announced by many at once is one artifact and no error', async () => {
    const work = await claim();

    const all = await Promise.all(Array.from({ length: 5 }, () => announce(work)));

    expect(new Set(all.map(({ artifact_id }) => artifact_id)).size).toBe(1);
  });

  test('is announced only while the job runs', async () => {
    const work = await claim();
    await builtJob(place, (await plannedJob(place)).dispatch);
    await report(work, await uploadedArtifact(place, work));

    expect(await refusal(announce(work))).toBe('wrong_state');
  });
  test('of bytes that the project has needs no upload', async () => {
    const work = await claim();
    await uploadedArtifact(place, work, 'the same bytes', 'first.zip');

    expect((await announce(work, 'the same bytes')).upload).toBeNull();
  });

  test('that was never uploaded does not count', async () => {
    const work = await claim();
    const { artifact_id } = await announce(work);

    expect(await refusal(report(work, artifact_id))).toBe('artifact_not_stored');
    expect((await job()).status).toBe('building');
    expect(await refusal(Artifact.download(place.ports, ADMIN, artifact_id))).toBe('artifact_not_stored');
  });

  test('whose bytes are others than declared does not count', async () => {
    const work = await claim();
    const { artifact_id } = await announce(work);
    place.ports.blobs.place(
      BlobKeys.artifact(place.project.id, sha256Of('bytes')),
      Buffer.from('bytes, and more'),
      { sha256: sha256Of('bytes, and more') },
    );

    expect(await refusal(report(work, artifact_id))).toBe('artifact_not_stored');
  });

  test('of another job is not found, though it is of the same project', async () => {
    const other = await claimed(place, (await plannedJob(place)).dispatch);
    const foreign = await uploadedArtifact(place, other);
    const work = await claim();

    expect(await refusal(report(work, foreign))).toBe('not_found');
    expect((await Artifact.get(place.ports, ADMIN, foreign)).status).toBe('pending');
  });

  test('that is named twice in a result is one artifact', async () => {
    const work = await claim();
    const id = await uploadedArtifact(place, work);

    const ended = await report(work, id, id);

    expect(ended.artifact_ids).toEqual([id]);
    expect(await Artifact.byIds(place.ports, ended.artifact_ids)).toHaveLength(1);
  });

  test('is on the list of its project only once it is stored, and is downloaded under its name', async () => {
    const work = await claim();
    const id = await uploadedArtifact(place, work);
    const before = await Artifact.list(place.ports, [place.project], { limit: 10 });
    await report(work, id);

    const after = await Artifact.list(place.ports, [place.project], { limit: 10 });
    const { url, digest } = await Artifact.download(place.ports, ADMIN, id);

    expect([before.items.length, after.items.length]).toEqual([0, 1]);
    expect(place.ports.blobs.fetch(url).headers?.['content-disposition']).toContain('filename="web.zip"');
    expect(digest).toBe(`sha256:${sha256Of('the artifact of web')}`);
    expect(await refusal(Artifact.get(place.ports, STRANGER, id))).toBe('not_found');
  });

  test('that is pending may vanish after a week, one that is stored never', async () => {
    const work = await claim();
    const id = await uploadedArtifact(place, work);
    const ttl = () => place.ports.table.all().find((item) => item.id === id)?.ttl;
    const pending = ttl();

    await report(work, id);

    expect(pending).toBe(Math.floor(place.ports.clock.now().getTime() / 1000) + 7 * 86_400);
    expect(ttl()).toBeUndefined();
  });
});
