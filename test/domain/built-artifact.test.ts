/** Artifacts that builds have made. */

import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { recordImage } from '../../lib/domain/execution/artifacts.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { uploading } from './uploading.ts';
import {
  ADMIN,
  agentOf,
  claimed,
  completedBuild,
  plannedJob,
  refusal,
  sha256Of,
  type World,
} from './world.ts';

let place: World;

let scene: Awaited<ReturnType<typeof uploading>>;

beforeEach(async () => {
  scene = await uploading();
  ({ place } = scene);
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
    const { dispatch } = await plannedJob(place);
    const { job } = await claimed(place, dispatch);

    const id = await recordImage(place.ports, job, IMAGE);
    const again = await recordImage(place.ports, job, { ...IMAGE, tags: [] });

    await Job.result(place.ports, agentOf({ job }), job.id, { status: 'completed', artifact_ids: [id] });
    expect(again).toBe(id);
    expect(await scene.get(id)).toMatchObject({
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

  expect(await scene.get(id)).toMatchObject({ origin: 'build', run_id: run.id });
});
