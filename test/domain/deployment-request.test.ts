import { beforeEach, describe, expect, test } from 'vitest';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import { WorkflowBusy, WorkflowRefused } from '../../lib/domain/ports/workflows.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { runDeployment } from '../workflows/deployment.ts';
import { deployable, TARGET } from './deploying.ts';
import {
  ADMIN,
  agentOf,
  claimed,
  planRun,
  refusal,
  startedBuild,
  TWO_SERVICES,
  ULID,
  uploadedArtifact,
  type World,
} from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof deployable>>;
beforeEach(async () => {
  scene = await deployable();
  ({ place } = scene);
});

describe('an environment', () => {
  test('admits one deployment at a time', async () => {
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);

    expect(await refusal(scene.deploy(cut.id))).toBe('deployment_in_progress');
    await runDeployment(place.ports, id);
    expect((await scene.deploy(cut.id)).status).toBe('pending');
  });

  test('of many deployments at once admits one', async () => {
    const cut = await scene.release('one');

    const all = await Promise.allSettled(Array.from({ length: 5 }, () => scene.deploy(cut.id)));

    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(place.ports.workflows.executions.filter(({ workflow }) => workflow === 'deployment')).toHaveLength(
      1,
    );
  });

  test('is not forgotten while a deployment is under way', async () => {
    const { id } = await scene.deploy((await scene.release('one')).id);

    const early = await refusal(Environment.remove(place.ports, place.project, 'test'));
    await runDeployment(place.ports, id);
    await Environment.remove(place.ports, place.project, 'test');

    expect(early).toBe('environment_in_use');
    expect(await refusal(scene.environment())).toBe('not_found');
    expect((await scene.show(id)).status).toBe('succeeded');
    expect(place.ports.functions.find('hello')).toBeDefined();
  });

  test('changed or created by many at once is one environment', async () => {
    await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        scene.put({ target: { ...TARGET, function_name: 'fresh', memory_mb: 128 + n } }, 'fresh'),
      ),
    );

    const listed = await Environment.list(place.ports, place.project, { limit: 10 });

    expect(listed.items.map(({ name }) => name)).toEqual(['fresh', 'test']);
  });

  test('loses its service when it is set without one', async () => {
    await scene.put({ target: TARGET, service: 'web' });
    await scene.put({ target: TARGET });

    expect((await scene.environment()).service).toBeUndefined();
  });
});

describe('which artifact is deployed', () => {
  test('is the one of the environment’s service', async () => {
    await scene.put({ target: TARGET, service: 'api' });

    const deployment = await scene.deploy((await scene.release('x', TWO_SERVICES)).id);

    expect(deployment.service).toBe('api');
  });

  test.each([undefined, 'db'])(
    'is refused when the release has several and the environment names %s',
    async (service) => {
      await scene.put({ target: TARGET, ...(service && { service }) });
      const cut = await scene.release('x', TWO_SERVICES);

      expect(await refusal(scene.deploy(cut.id))).toBe('service_unknown');
      expect((await scene.environment()).active_deployment_id).toBeUndefined();
    },
  );

  test('is refused when it is no zip', async () => {
    const { build, run } = await startedBuild(place);
    for (const dispatch of (await planRun(place, run.id)).jobs) {
      const work = await claimed(place, dispatch);
      const id = await uploadedArtifact(place, work, 'text', 'notes.txt', 'text/plain');
      await Job.result(place.ports, agentOf(work), work.job.id, { status: 'completed', artifact_ids: [id] });
    }
    await finish(place.ports, run.id);
    const cut = await Release.create(place.ports, ADMIN, place.project, { build_id: build.id, tag: 'text' });

    expect(await refusal(scene.deploy(cut.id))).toBe('artifact_not_deployable');
  });

  test('is of a release of the project, by any of its names', async () => {
    const cut = await scene.release('one');

    expect((await scene.deploy('latest')).release_id).toBe(cut.id);
    expect(await refusal(scene.deploy('v9'))).toBe('not_found');
  });
});

describe('a deployment asked for again', () => {
  test('by the repeat of a request is the same one, under way or ended', async () => {
    const cut = await scene.release('one');
    const first = await scene.deploy(cut.id, ULID);
    const during = await scene.deploy(cut.id, ULID);
    await runDeployment(place.ports, first.id);

    const after = await scene.deploy(cut.id, ULID);

    expect([during.id, after.id]).toEqual([first.id, first.id]);
    expect(after.status).toBe('succeeded');
    expect(place.ports.workflows.executions.filter(({ workflow }) => workflow === 'deployment')).toHaveLength(
      1,
    );
  });

  test('after a crash before its workflow was started starts it', async () => {
    const cut = await scene.release('one');
    const crash = { ...place.ports.workflows, start: () => new Promise<never>(() => undefined) };
    void Deployment.create(
      { ...place.ports, workflows: crash },
      ADMIN,
      place.project,
      'test',
      { release: cut.id },
      ULID,
    );
    await expect.poll(async () => (await scene.environment()).active_deployment_id).toBeDefined();

    const again = await scene.deploy(cut.id, ULID);

    expect(place.ports.workflows.find('deployment', again.id)?.status).toBe('running');
  });

  test('whose workflow cannot be started at the moment is pending: others start it', async () => {
    const cut = await scene.release('one');
    place.ports.workflows.refusal = new WorkflowBusy('ThrottlingException: Rate exceeded');

    const { id, status } = await scene.deploy(cut.id);

    expect(status).toBe('pending');
    expect(await scene.show(id)).toMatchObject({ status: 'pending' });
  });

  test('whose workflow is refused has failed, says why, and frees the environment', async () => {
    const cut = await scene.release('one');
    place.ports.workflows.refusal = new WorkflowRefused('AccessDeniedException: no');

    await expect(scene.deploy(cut.id)).rejects.toThrow('AccessDeniedException');
    place.ports.workflows.refusal = undefined;

    const [failed] = (await Deployment.list(place.ports, [place.project], { environment: 'test', limit: 1 }))
      .items;
    expect(failed).toMatchObject({
      status: 'failed',
      error: { message: 'The deployment workflow could not be started: AccessDeniedException: no' },
    });
    expect((await scene.deploy(cut.id)).status).toBe('pending');
  });
});
