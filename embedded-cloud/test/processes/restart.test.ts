import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { descendantsOf, isRunning } from '../../test-kit/processes.ts';
import { needs } from '../../test-kit/tools.ts';
import { Scene, server } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
  await scene.group();
});
afterEach(() => scene.close());

it('a cloud that starts again serves at the same URL, with the same weights', async () => {
  const one = await scene.version(server('one'));
  await scene.roll(one);
  const two = await scene.version(server('two'));
  await scene.traffic([one, 50], [two, 50]);
  const { Url: url } = await scene.until(({ Traffic }) => Traffic.length === 2);

  await scene.stop();
  await scene.start();

  await eventually(async () => {
    const bodies = [(await scene.get()).body, (await scene.get()).body];
    expect(bodies.sort()).toEqual(['one', 'two']);
  });
  expect(await scene.url()).toBe(url);
});

it('what was wanted when the cloud stopped is brought about by the next one', async () => {
  await scene.roll(await scene.version(server('one')));
  const slow = 'const start = Date.now(); while (Date.now() - start < 500);';
  const two = await scene.version(`${slow}${server('two')}`);
  await scene.traffic([two, 100]);

  await scene.stop();
  await scene.start();

  await scene.until(({ Traffic }) => Traffic[0]?.Version === two);
  expect((await scene.get()).body).toBe('two');
});

it(
  'a cloud that is killed takes its replicas with it, and the next one starts them again',
  needs('/proc'),
  async () => {
    await scene.roll(await scene.version(server('one'), { Replicas: 2 }));
    const url = await scene.url();
    await scene.stop();
    const { assembly, stateDir } = scene.files;
    const cloud = await started(assembly, stateDir);
    await eventually(async () => expect(await (await fetch(url)).text()).toBe('one'));
    const replicas = descendantsOf(cloud.pid ?? 0).map(({ pid }) => pid);

    const killed = once(cloud, 'exit');
    cloud.kill('SIGKILL');
    await killed;

    expect(replicas.length).toBeGreaterThan(1);
    await eventually(() => expect(replicas.filter(isRunning)).toEqual([]));
    await scene.start();
    await eventually(async () => expect(await (await fetch(url)).text()).toBe('one'));
    await eventually(() => expect(readdirSync(join(stateDir, 'processes', 'replicas'))).toHaveLength(2));
  },
);

async function started(assembly: string, stateDir: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '..', 'until-killed.ts'), ['processes', assembly, stateDir]);
  await once(child, 'message');
  return child;
}
