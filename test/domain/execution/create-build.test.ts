import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import { sourceArrived } from '../../../lib/domain/execution/begin.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import { WorkflowBusy, WorkflowRefused } from '../../../lib/domain/ports/workflows.ts';
import { sources } from '../../../lib/domain/source/record.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { sweep } from '../../../lib/domain/sweep/index.ts';
import {
  ADMIN,
  refusal,
  startedBuild,
  TWO_SERVICES,
  ULID,
  uploadedSource,
  type World,
  world,
} from '../world.ts';

let place: World;

beforeEach(async () => {
  place = await world();
});

const run = (id: string) => Run.get(place.ports, ADMIN, id);

/** The event of a source's bytes. */
async function arrived(sourceId: string): Promise<void> {
  const source = (await sources.get(place.ports.table, Keys.source(sourceId)))?.value;
  if (source === undefined) throw new Error('There is no such source.');
  await sourceArrived(place.ports, source);
}

describe('creating a build', () => {
  test('of a source whose survey is under way records it, and is found with its run', async () => {
    const { build, run } = await startedBuild(place);

    expect(run).toMatchObject({ status: 'pending', build_id: build.id, job_ids: [] });
    expect(place.ports.workflows.executions).toEqual([]);
    expect(await Build.show(place.ports, ADMIN, build.id)).toEqual({
      ...build,
      latest_run_id: run.id,
      latest_run: run,
    });
  });

  test('of a source whose survey is under way is planned and started by the survey, once', async () => {
    const { build, run: recorded } = await startedBuild(place, TWO_SERVICES);

    await arrived(build.source_id);
    await arrived(build.source_id);

    expect(await run(recorded.id)).toMatchObject({ status: 'building', job_ids: { length: 2 } });
    expect(place.ports.workflows.executions).toHaveLength(1);
    expect(place.ports.workflows.find('build', recorded.id)?.input).toMatchObject({
      run_id: recorded.id,
      jobs: [{ attempt: 1 }, { attempt: 1 }],
    });
  });

  test('of a surveyed source is planned and started at once, and reads no archive', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    const trees = {
      survey: async () => {
        throw new Error('The archive was read once more.');
      },
    };

    const { latest_run } = await Build.create(
      { ...place.ports, trees },
      ADMIN,
      place.project,
      CreateBuild.parse({ source_id }),
    );

    expect(latest_run).toMatchObject({ status: 'building', stage: 'starting', job_ids: { length: 1 } });
    const input = place.ports.workflows.find('build', latest_run?.id ?? '')?.input;
    expect(input).toMatchObject({ run_id: latest_run?.id, jobs: [{ job_id: latest_run?.job_ids[0] }] });
  });

  test('of a surveyed source that cannot be built has failed at once, with the reason', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    const input = CreateBuild.parse({ source_id, services: ['db'] });

    const { latest_run } = await Build.create(place.ports, ADMIN, place.project, input);

    expect(latest_run).toMatchObject({ status: 'failed', error: { code: 'manifest_error' } });
    expect(place.ports.workflows.executions).toEqual([]);
  });

  test('without a start starts nothing; it can be run later', async () => {
    const source_id = await uploadedSource(place);
    const input = CreateBuild.parse({ source_id, start: false });

    const build = await Build.create(place.ports, ADMIN, place.project, input);
    const before = [build.latest_run, place.ports.workflows.executions.length];
    const later = await Run.rerun(place.ports, ADMIN, build);

    expect(before).toEqual([null, 0]);
    expect((await Build.show(place.ports, ADMIN, build.id)).latest_run).toEqual(later);
    expect(await refusal(Run.cancelLatest(place.ports, ADMIN, build))).toBe('wrong_state');
  });

  test('again with the same seed is the same build and the same run', async () => {
    const source_id = await uploadedSource(place);
    const input = CreateBuild.parse({ source_id });
    await arrived(source_id);
    const create = () => Build.create(place.ports, ADMIN, place.project, input, ULID);
    const first = await create();
    const second = await create();

    expect(second).toEqual(first);
    expect((await Build.list(place.ports, [place.project], { limit: 10 })).items).toHaveLength(1);
    expect(place.ports.workflows.executions).toHaveLength(1);
  });

  test('again with the same seed tells how the run stands by now, and does not start what has ended', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    const create = () =>
      Build.create(place.ports, ADMIN, place.project, CreateBuild.parse({ source_id }), ULID);
    place.ports.workflows.refusal = new WorkflowRefused('StateMachineDeleting: no');
    await expect(create()).rejects.toThrow('StateMachineDeleting');
    place.ports.workflows.refusal = undefined;

    const repeated = await create();

    expect(repeated.latest_run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect(place.ports.workflows.executions).toEqual([]);
  });

  test('is recorded though its workflow cannot be started for the moment: the sweep starts it', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    place.ports.workflows.refusal = new WorkflowBusy('ThrottlingException: Rate exceeded');

    const { latest_run } = await Build.create(
      place.ports,
      ADMIN,
      place.project,
      CreateBuild.parse({ source_id }),
    );
    place.ports.workflows.refusal = undefined;
    await sweep({
      ...place.ports,
      clock: { now: () => new Date(place.ports.clock.now().getTime() + 3_600_000) },
    });

    expect(latest_run).toMatchObject({ status: 'building' });
    expect(place.ports.workflows.executions).toHaveLength(1);
  });

  test('that a crash cut off between its two writes is a build without a run, not an error', async () => {
    const { build, run } = await startedBuild(place);
    await place.ports.table.write({ remove: { pk: `RUN#${run.id}`, sk: 'RUN' }, when: { any: true } });

    expect((await Build.show(place.ports, ADMIN, build.id)).latest_run).toBeNull();
    expect(await Build.runOf(place.ports, ADMIN, build.id)).toBeUndefined();
    expect(await refusal(Build.runOf(place.ports, ADMIN, build.id, run.id))).toBe('not_found');
  });

  test('whose services are named twice names them once, in order', async () => {
    const { build } = await startedBuild(place, TWO_SERVICES, { services: ['web', 'api', 'web'] });

    expect(build.services).toEqual(['api', 'web']);
  });

  test('runs of one build are listed newest first, and one of another build is not its own', async () => {
    const { build, run: first } = await startedBuild(place);
    const other = await startedBuild(place);
    const second = await Run.rerun(place.ports, ADMIN, build);

    const listed = await Run.list(place.ports, build, { limit: 10 });

    expect(listed.items.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(await refusal(Build.runOf(place.ports, ADMIN, build.id, other.run.id))).toBe('not_found');
  });
});
