/**
 * Whatever people, workflows, the sweep and the clock do, in whatever order: one deployment at a time, never one of content
 * that was not approved, and nothing that waits for ever.
 */
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { end } from '../../../lib/domain/deployment/end.ts';
import * as Deployment from '../../../lib/domain/deployment/index.ts';
import { DEPLOYMENT_LIFECYCLE, isBegun, isWaiting } from '../../../lib/domain/deployment/schema.ts';
import { resume as resumeEnvironment } from '../../../lib/domain/environment/hold.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { isFinal } from '../../../lib/domain/lifecycle.ts';
import * as Line from '../../../lib/domain/project/line.ts';
import { unyank } from '../../../lib/domain/release/yank.ts';
import { sweepDeployments } from '../../../lib/domain/sweep/deployments.ts';
import { expectLawfulPaths, refusable } from '../execution/observed.ts';
import { ADMIN } from '../world.ts';
import { begin, deploymentsOf, ENVIRONMENTS, history, put, type Story } from './racing.ts';
import { ANNA } from './ruled.ts';

/** At any moment. */
async function assessNow(story: Story): Promise<void> {
  const { ports, project } = story;
  const ids = await deploymentsOf(story);
  const all = await Promise.all(ids.map((id) => Deployment.get(ports, ADMIN, id)));
  for (const name of ENVIRONMENTS) {
    const { value } = await Environment.read(ports, project, name);
    const here = all.filter((deployment) => deployment.environment === name);
    const holding = here.filter((deployment) => isBegun(deployment) || deployment.status === 'pending');
    expect(holding.map(({ id }) => id).filter((id) => id !== value.active_deployment_id)).toEqual([]);
    // What waits has its place, and nothing else has.
    const waiting = here.filter(
      ({ status, admitted_at: admitted }) => isWaiting(status) && admitted === undefined,
    );
    expect(waiting.map(({ id }) => id).sort()).toEqual([...value.waiting_deployment_ids].sort());
  }
  expect(story.unapproved).toEqual([]);
  expectLawfulPaths(story.table);
}

/** All that holds is let go, all workflows come to an end, and the sweep comes by. */
async function finish(story: Story): Promise<void> {
  const { ports, project, releases } = story;
  await Line.resume(ports, project);
  await unyank(ports, ANNA, releases[0] ?? '');
  for (const name of ENVIRONMENTS) {
    await put(name, { concurrency: 'queue' })(story);
    await resumeEnvironment(ports, project, name);
  }
  for (let round = 0; round < 60; round++) {
    ports.clock.advance(60_000);
    await sweepDeployments(ports, () => true);
    const environments = await Environment.all(ports, project);
    const active = environments.flatMap(({ active_deployment_id: id }) => (id === undefined ? [] : [id]));
    if (active.length === 0 && environments.every(({ waiting_deployment_ids: ids }) => ids.length === 0))
      return;
    for (const id of active) await end(ports, id, { status: 'failed', error: { message: 'died' } });
  }
}

async function assessEnd(story: Story): Promise<void> {
  const ids = await deploymentsOf(story);
  for (const id of ids) {
    const { status } = await Deployment.get(story.ports, ADMIN, id);
    expect(isFinal(DEPLOYMENT_LIFECYCLE, status), `${id} is ${status}`).toBe(true);
  }
  for (const { active_deployment_id: active, waiting_deployment_ids: waiting } of await Environment.all(
    story.ports,
    story.project,
  ))
    expect([active, waiting]).toEqual([undefined, []]);
}

test('one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (commands) => {
      const story = await begin();

      for (const act of commands) {
        await refusable(act(story));
        await assessNow(story);
      }
      await finish(story);

      await assessEnd(story);
    }),
    { numRuns: samples(800) },
  );
});

test('three at once, each call to the table at a moment of its own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.tuple(history, history, history), async (scheduler, actors) => {
      const story = await begin();

      story.table.schedule(scheduler);
      await scheduler.waitFor(
        Promise.all(
          actors.map(async (commands) => {
            for (const act of commands.slice(0, 8)) await refusable(act(story));
          }),
        ),
      );
      story.table.unschedule();
      await assessNow(story);
      await finish(story);

      await assessEnd(story);
    }),
    { numRuns: samples(800) },
  );
});
