import { expect, test } from 'vitest';
import { end } from '../../lib/domain/deployment/end.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import { apply, shift } from '../../lib/domain/deployment/steps.ts';
import type { Write } from '../../lib/domain/ports/table.ts';
import { WorkflowBusy, WorkflowRefused } from '../../lib/domain/ports/workflows.ts';
import { sweep } from '../../lib/domain/sweep/index.ts';
import { runDeployment } from '../workflows/deployment.ts';
import { readyToDeploy } from './deploying.ts';
import { ADMIN, refusal, type World } from './world.ts';

const HOUR = 3_600_000;
/** Ends a deployment and dies before the environment is freed. */
async function crashWhileEnding({ ports }: World, id: string): Promise<void> {
  const table = {
    ...ports.table,
    async write(write: Write) {
      if ('put' in write && write.put.entity === 'environment') throw new Error('crash');
      await ports.table.write(write);
    },
  };
  await end({ ...ports, table }, id, { status: 'failed' }).catch(() => undefined);
}
test('a deployment that ended and never freed its environment does not lock it', async () => {
  const { place, deploy, show } = await readyToDeploy();
  const { id } = await deploy();
  await crashWhileEnding(place, id);

  const next = await deploy();
  await runDeployment(place.ports, next.id);

  expect((await show(next.id)).status).toBe('succeeded');
});

test.each([
  { what: 'before its first step', steps: [] },
  { what: 'while it changed the function', steps: [apply] },
  { what: 'while it checked', steps: [apply, shift] },
])(
  'a workflow that died $what without a word locks the environment for 45 minutes at most',
  async ({ steps }) => {
    const { place, deploy, show } = await readyToDeploy();
    const { id } = await deploy();
    for (const step of steps) await step(place.ports, id);

    const early = await refusal(deploy());
    place.ports.clock.advance(HOUR);
    const next = await deploy();
    await runDeployment(place.ports, next.id);

    expect(early).toBe('deployment_in_progress');
    expect((await show(id)).status).toBe('failed');
    expect((await show(next.id)).status).toBe('succeeded');
  },
);

test('a deployment that was recorded and never started is started when the next one meets it', async () => {
  const { place, deploy, environment, release } = await readyToDeploy();
  const crashing = { ...place.ports.workflows, start: () => new Promise<never>(() => undefined) };
  const ports = { ...place.ports, workflows: crashing };
  void Deployment.create(ports, ADMIN, place.project, 'test', { release: release.id });
  await expect.poll(async () => (await environment()).active_deployment_id).toBeDefined();
  const { active_deployment_id: id } = await environment();

  const refused = await refusal(deploy());

  expect(refused).toBe('deployment_in_progress');
  expect(place.ports.workflows.find('deployment', id ?? '')?.status).toBe('running');
});

test('a deployment that can never be started ends when the next one meets it, and frees the environment', async () => {
  const { place, deploy, environment, show, release } = await readyToDeploy();
  const crashing = { ...place.ports.workflows, start: () => new Promise<never>(() => undefined) };
  const ports = { ...place.ports, workflows: crashing };
  void Deployment.create(ports, ADMIN, place.project, 'test', { release: release.id });
  await expect.poll(async () => (await environment()).active_deployment_id).toBeDefined();
  const { active_deployment_id: id = '' } = await environment();
  place.ports.workflows.refusal = new WorkflowRefused('StateMachineDoesNotExist');

  expect(await refusal(deploy())).toBe('workflow_refused');

  expect(await show(id)).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('StateMachineDoesNotExist') },
  });
  expect((await environment()).active_deployment_id).toBeUndefined();
});

test('a deployment that was not started for the moment is started by the sweep', async () => {
  const { place, deploy, show } = await readyToDeploy();
  place.ports.workflows.refusal = new WorkflowBusy('ThrottlingException: Rate exceeded');
  const { id } = await deploy();
  place.ports.clock.advance(3 * 60_000);
  await sweep(place.ports);
  place.ports.workflows.refusal = undefined;

  const swept = await sweep(place.ports);

  expect(swept).toMatchObject({ deployments: [id], failures: [] });
  expect(place.ports.workflows.find('deployment', id)?.status).toBe('running');
  await runDeployment(place.ports, id);
  expect((await show(id)).status).toBe('succeeded');
  expect((await sweep(place.ports)).deployments).toEqual([]);
});

test('a fault of ours at the start is no moment that passes: it is thrown', async () => {
  const { place, deploy } = await readyToDeploy();
  place.ports.workflows.refusal = new Error("This function knows no state machine 'deployment'.");

  await expect(deploy()).rejects.toThrow('knows no state machine');
});
