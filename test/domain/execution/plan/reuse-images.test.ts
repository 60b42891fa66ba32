/** An image that was built before gets the names that building again would give it, on the same digest. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../../../lib/domain/artifact/index.ts';
import * as Build from '../../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../../lib/domain/builds/schema.ts';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import * as Image from '../../../../lib/domain/image/index.ts';
import { imageOf } from '../../ports/registry.contract.ts';
import {
  ADMIN,
  claimed,
  planRun,
  uploadedSource,
  type World,
  withRegistrySecrets,
  world,
} from '../../world.ts';

const REPOSITORY = 'staithe/hello/web';
const NATIVE = 'services: {web: {dockerfile: Dockerfile}}\n';

let place: World;
beforeEach(async () => {
  place = await world();
});

/** An image as a registry gets it. @returns its digest */
function put(tags: readonly string[], layer: string): string {
  const { registry } = place.ports;
  const image = imageOf({ platform: { os: 'linux', architecture: 'arm64' }, layers: [layer] });
  for (const blob of image.blobs) registry.putBlob(REPOSITORY, blob);
  return registry.putManifest(REPOSITORY, image.text, image.mediaType, tags);
}

async function planned(manifest: string, asked: Partial<CreateBuild>) {
  const source_id = await uploadedSource(place, { 'staithe.yaml': manifest });
  const { latest_run: run } = await Build.create(
    place.ports,
    ADMIN,
    place.project,
    CreateBuild.parse({ source_id, ...asked }),
  );
  if (run === null) throw new Error('The build has no run.');
  return { run, plan: await planRun(place, run.id) };
}

/** What an agent does that has pushed its image under the tags of its job. */
const pushed = (dispatch: Dispatch) => pushedUnder(dispatch);

/** @param asTags those that the registry took, if not all of the job's */
async function pushedUnder(dispatch: Dispatch, asTags?: readonly string[]) {
  const { job } = await claimed(place, dispatch);
  const actor = { kind: 'job', job_id: job.id, run_id: job.run_id, project_id: job.project_id } as const;
  const tags = asTags ?? job.spec.image?.tags ?? [];
  const digest = put(tags, 'a layer');
  const { artifact_id } = await Image.record(place.ports, actor, job.id, { digest, tags: [...tags] });
  await Job.result(place.ports, actor, job.id, { status: 'completed', artifact_ids: [artifact_id] });
  await finish(place.ports, job.run_id);
  return { digest, artifact_id };
}

const tagsIn = async (digest: string) => (await place.ports.registry.describe(REPOSITORY, digest))?.tags;
const runOf = (id: string) => Run.get(place.ports, ADMIN, id);

describe('a tag on what was built before', () => {
  test('is put on the same image, and seen as a run of its own', async () => {
    const first = await planned(NATIVE, { git_sha: '1'.repeat(40), git_ref: 'refs/heads/main' });
    const { digest, artifact_id } = await pushed(first.plan.jobs[0] as Dispatch);

    const second = await planned(NATIVE, { git_sha: '1'.repeat(40), git_ref: 'refs/tags/v9' });

    expect(await runOf(second.run.id)).toMatchObject({
      status: 'completed',
      stage: 'reused',
      reused_from: first.run.id,
      artifact_ids: [artifact_id],
    });
    expect(await tagsIn(digest)).toEqual(['sha-1111111', 'v9']);
    const shown = await Artifact.get(place.ports, ADMIN, artifact_id);
    expect(shown.image?.tags).toEqual(['sha-1111111', 'v9']);
  });

  test('changes nothing when it is there already, and is answered at once', async () => {
    const tag = { git_sha: '1'.repeat(40), git_ref: 'refs/tags/v9' };
    const first = await planned(NATIVE, tag);
    const { digest } = await pushed(first.plan.jobs[0] as Dispatch);

    const second = await planned(NATIVE, tag);

    expect(second.run).toMatchObject({ status: 'completed', reused_from: first.run.id });
    expect(await tagsIn(digest)).toEqual(['sha-1111111', 'v9']);
  });

  test('that belongs to another image fails the run, and moves nothing', async () => {
    const first = await planned(NATIVE, { git_sha: '1'.repeat(40), git_ref: 'refs/heads/main' });
    const { digest } = await pushed(first.plan.jobs[0] as Dispatch);
    const other = put(['v9'], 'another layer');

    const second = await planned(NATIVE, { git_sha: '1'.repeat(40), git_ref: 'refs/tags/v9' });

    expect(await runOf(second.run.id)).toMatchObject({
      status: 'failed',
      error: {
        code: 'registry_error',
        message: expect.stringContaining('The tag v9 of staithe/hello/web already belongs to another'),
      },
    });
    expect(await tagsIn(other)).toEqual(['v9']);
    expect(await tagsIn(digest)).toEqual(['sha-1111111']);
  });

  test('that an input has asked for, and that belongs to another image, fails the run alike', async () => {
    const other = put(['1.2.3'], 'another layer');
    const first = await planned(NATIVE, { inputs: { version: '1.2.3' } });
    await pushedUnder(first.plan.jobs[0] as Dispatch, ['job-own']);

    const second = await planned(NATIVE, { inputs: { version: '1.2.3' } });

    expect(await runOf(second.run.id)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('The tag 1.2.3 of staithe/hello/web already belongs') },
    });
    expect(await tagsIn(other)).toEqual(['1.2.3']);
  });

  test('is built anew in a registry of one’s own, to which the control plane has no key here', async () => {
    await withRegistrySecrets(place);
    const manifest = 'services: {web: {dockerfile: D}}\nregistry: {host: registry.example.com}\n';
    const first = await planned(manifest, { git_ref: 'refs/heads/main' });
    expect(first.plan.jobs).toHaveLength(1);

    const second = await planned(manifest, { git_ref: 'refs/tags/v9' });

    expect(second.plan.jobs).toHaveLength(1);
  });
});
