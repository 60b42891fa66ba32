import { beforeEach, describe, expect, test, vi } from 'vitest';
import { end } from '../../lib/domain/deployment/end.ts';
import { rollBack } from '../../lib/domain/deployment/roll-back.ts';
import { apply, shift, verify } from '../../lib/domain/deployment/steps.ts';
import { TargetError } from '../../lib/domain/ports/targets.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { deployable } from './deploying.ts';
import type { World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof deployable>>;
beforeEach(async () => {
  scene = await deployable();
  ({ place } = scene);
});

const ALIAS = 'staithe-test';

describe('steps that are repeated or come late', () => {
  test('each twice give the same end as each once', async () => {
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);
    for (const step of [apply, apply, shift, shift, verify, verify]) await step(place.ports, id);

    expect((await scene.show(id)).status).toBe('succeeded');
    expect(place.ports.functions.find('hello')?.versions).toHaveLength(1);
  });

  test('after the end change nothing, and the environment stays free', async () => {
    const { deployment, release: cut } = await scene.deployed('one');

    for (const step of [apply, shift])
      await expect(step(place.ports, deployment.id)).rejects.toThrow(TargetError);
    await verify(place.ports, deployment.id);
    await rollBack(place.ports, deployment.id, 'late');
    await end(place.ports, deployment.id, { status: 'failed' });

    expect(await scene.show(deployment.id)).toEqual(deployment);
    expect(await scene.environment()).toMatchObject({ current_release_id: cut.id });
    expect(place.ports.functions.served('hello', ALIAS)).toBe(cut.artifacts[0]?.digest);
  });

  test.each([
    ['begun', 'It does not start.', [apply]],
    ['made', undefined, [apply]],
    ['sent a share of the traffic', undefined, [apply, shift]],
  ])('what was %s does not run on when the deployment fails', async (_, failure, steps) => {
    const { processes } = place.ports;
    const target = { kind: 'process', name: 'hello', command: 'node server.js' };
    await scene.put({ target: { ...target, steps: [{ percent: 10, bake_seconds: 60 }] } });
    await scene.deployed('one');
    const cut = await scene.release('two');
    const { id } = await scene.deploy(cut.id);
    processes.failure = failure;
    for (const step of steps) await step(place.ports, id).catch(() => undefined);
    const before = processes.running('hello');

    await rollBack(place.ports, id, 'it died');

    expect([before.toSorted(), processes.running('hello')]).toEqual([['1', '2'], ['1']]);
  });

  test('a workflow that died fails the deployment and frees the environment, in whichever state', async () => {
    const cut = await scene.release('one');
    for (const steps of [[], [apply], [apply, shift]]) {
      const { id } = await scene.deploy(cut.id);
      for (const step of steps) await step(place.ports, id);

      await end(place.ports, id, { status: 'failed', error: { message: 'The workflow died.' } });

      expect((await scene.show(id)).status).toBe('failed');
      expect((await scene.environment()).active_deployment_id).toBeUndefined();
    }
  });

  test('its end and the freeing of its environment are seen at once', async () => {
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);
    const { table } = place.ports;
    const writing = vi.spyOn(table, 'write');
    const transacting = vi.spyOn(table, 'transact');

    await end(place.ports, id, { status: 'failed' });

    expect(writing).not.toHaveBeenCalled();
    expect(transacting.mock.calls.map(([writes]) => writes.length)).toEqual([2]);
    expect((await scene.show(id)).status).toBe('failed');
    expect((await scene.environment()).active_deployment_id).toBeUndefined();
  });

  test('one that an older version has ended frees its environment when its end is repeated', async () => {
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);
    const item = await place.ports.table.get(Keys.deployment(id));
    if (item === undefined) throw new Error('The deployment is gone.');
    await place.ports.table.write({
      put: { ...item, status: 'failed', revision: item.revision + 1 },
      when: { revision: item.revision },
    });

    await end(place.ports, id, { status: 'failed' });

    expect((await scene.environment()).active_deployment_id).toBeUndefined();
  });
});
