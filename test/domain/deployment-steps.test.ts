import { beforeEach, describe, expect, test } from 'vitest';
import { rollBack } from '../../lib/domain/deployment/roll-back.ts';
import { apply, end, shift, succeed, verify } from '../../lib/domain/deployment/steps.ts';
import { TargetError } from '../../lib/domain/ports/functions.ts';
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
    for (const step of [apply, apply, shift, shift, verify, verify, succeed, succeed])
      await step(place.ports, id);

    expect((await scene.show(id)).status).toBe('succeeded');
    expect(place.ports.functions.find('hello')?.versions).toHaveLength(1);
  });

  test('after the end change nothing, and the environment stays free', async () => {
    const { deployment, release: cut } = await scene.deployed('one');

    for (const step of [apply, shift])
      await expect(step(place.ports, deployment.id)).rejects.toThrow(TargetError);
    await succeed(place.ports, deployment.id);
    await rollBack(place.ports, deployment.id, 'late');
    await end(place.ports, deployment.id, { status: 'failed' });

    expect(await scene.show(deployment.id)).toEqual(deployment);
    expect(await scene.environment()).toMatchObject({ current_release_id: cut.id });
    expect(place.ports.functions.served('hello', ALIAS)).toBe(cut.artifacts[0]?.digest);
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

  test('an end that crashed before it freed the environment frees it when it is repeated', async () => {
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);
    const table = {
      ...place.ports.table,
      write: async (write: Parameters<typeof place.ports.table.write>[0]) => {
        if ('put' in write && write.put.entity === 'environment') throw new Error('crash');
        await place.ports.table.write(write);
      },
    };
    await expect(end({ ...place.ports, table }, id, { status: 'failed' })).rejects.toThrow('crash');

    await end(place.ports, id, { status: 'failed' });

    expect((await scene.environment()).active_deployment_id).toBeUndefined();
  });
});
