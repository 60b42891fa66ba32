import { beforeEach, describe, expect, test } from 'vitest';
import { cancel } from '../../../lib/domain/deployment/cancel.ts';
import { idsOf } from '../../../lib/domain/deployment/jobs/job.ts';
import { rollBackTo } from '../../../lib/domain/deployment/restore.ts';
import { apply, ready, shift, verify } from '../../../lib/domain/deployment/steps.ts';
import type { Table } from '../../../lib/domain/ports/table.ts';
import { ADMIN, type World } from '../world.ts';

import { COMMANDS, commanding, failed, succeeded } from './commanding.ts';

type Scene = Awaited<ReturnType<typeof commanding>>;

let place: World;
let scene: Scene['scene'];
let agentOf: Scene['agentOf'];
let refused: Scene['refused'];
let deploying: Scene['deploying'];
beforeEach(async () => {
  ({ place, scene, agentOf, refused, deploying } = await commanding());
});

describe('a target of commands', () => {
  test('has succeeded when its job has, with what that told', async () => {
    const { id, begun } = await deploying();
    expect(begun).toEqual({ ready: false, job: 'deploy' });
    expect(await ready(place.ports, id)).toEqual({ ready: false, job: 'deploy' });
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded({ url: 'https://shop.example.com', revision: '7' }));

    expect(await ready(place.ports, id)).toEqual({ ready: true });
    await shift(place.ports, id);
    await verify(place.ports, id);

    expect(await scene.show(id)).toMatchObject({
      status: 'succeeded',
      target_version: idsOf(id, { purpose: 'deploy' }).run,
      url: 'https://shop.example.com',
      outputs: { revision: '7' },
    });
    expect(await scene.environment()).toMatchObject({ url: 'https://shop.example.com' });
  });

  test('fails with its commands: their message, and their last lines', async () => {
    const { id } = await deploying();
    const { report } = await agentOf(id, 'deploy');
    await report(failed);

    await refused(id, ready(place.ports, id));

    const { status, error } = await scene.show(id);
    expect(status).toBe('failed');
    expect(error).toMatchObject({ message: expect.stringContaining('exit code 3'), last_lines: ['no'] });
    expect(error?.hint).toContain(`staithe deployment logs ${id}`);
  });

  test('that tells no URL is not asked', async () => {
    const { id } = await deploying();
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded());

    for (const step of [ready, shift, verify]) await step(place.ports, id);

    expect(await scene.show(id)).toMatchObject({ status: 'succeeded', checks: [] });
  });

  test('does not tell what is no URL', async () => {
    const { id } = await deploying();
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded({ url: 'javascript:alert(1)' }));

    await ready(place.ports, id);
    await refused(id, shift(place.ports, id));

    expect(await scene.show(id)).toMatchObject({ status: 'failed' });
  });

  test('steps may be repeated', async () => {
    const { id } = await deploying();
    await apply(place.ports, id);
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded());

    for (const step of [apply, ready, ready, shift, shift, verify, verify]) await step(place.ports, id);

    expect((await scene.show(id)).status).toBe('succeeded');
  });

  test('is cancelled with its machine', async () => {
    const { id } = await deploying();

    await cancel(place.ports, ADMIN, id, 'wrong release');

    const { run } = idsOf(id, { purpose: 'deploy' });
    expect(place.ports.workflows.find('build', run)?.status).toBe('stopped');
    await refused(id, ready(place.ports, id));
    expect((await scene.show(id)).status).toBe('cancelled');
  });

  test('that is cancelled while its job is being created runs nothing', async () => {
    await scene.put({ target: COMMANDS });
    const { id } = await scene.deploy((await scene.release('one')).id);
    const { table } = place.ports;
    let cancelled = 0;
    const racing: Table = {
      ...table,
      async transact(writes) {
        const isCreation = writes.some((write) => 'put' in write && write.put.entity === 'deployment_run');
        if (isCreation && cancelled++ === 0) await cancel(place.ports, ADMIN, id, 'wrong release');
        return table.transact(writes);
      },
    };

    await refused(id, apply({ ...place.ports, table: racing }, id));

    expect(cancelled).toBe(1);
    expect(place.ports.workflows.find('build', idsOf(id, { purpose: 'deploy' }).run)).toBeUndefined();
    expect((await scene.show(id)).status).toBe('cancelled');
  });

  test('is rolled back by running with the earlier release', async () => {
    const one = await deploying();
    await (await agentOf(one.id, 'deploy')).report(succeeded());
    for (const step of [ready, shift, verify]) await step(place.ports, one.id);
    const two = await deploying();
    await (await agentOf(two.id, 'deploy')).report(succeeded());
    for (const step of [ready, shift, verify]) await step(place.ports, two.id);

    const back = await rollBackTo(place.ports, ADMIN, place.project, 'test', {});
    expect(await apply(place.ports, back.id)).toEqual({ ready: false, job: 'deploy' });

    const { work } = await agentOf(back.id, 'deploy');
    expect(work.release?.release.id).toBe(one.release.id);
  });
});
