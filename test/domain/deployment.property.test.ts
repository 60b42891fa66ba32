/** Whatever comes in whatever order: no deployment leaves its lifecycle, and its environment is free once it has ended. */

import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { end } from '../../lib/domain/deployment/end.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import { rollBack } from '../../lib/domain/deployment/roll-back.ts';
import { DEPLOYMENT_LIFECYCLE } from '../../lib/domain/deployment/schema.ts';
import { apply, ready, shift, verify } from '../../lib/domain/deployment/steps.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import { isFinal } from '../../lib/domain/lifecycle.ts';
import { TargetError } from '../../lib/domain/ports/targets.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { type AroundStep, runDeployment } from '../workflows/deployment.ts';
import { expectLawfulPaths, type ObservedTable, observedTable, refusable } from './execution/observed.ts';
import { ADMIN, completedBuild, type World, world } from './world.ts';

interface Story extends World {
  readonly table: ObservedTable;
  readonly release: string;
  readonly deployments: string[];
}
type Command = (story: Story) => Promise<unknown>;

const put = (input: unknown) => (story: Story) =>
  Environment.put(story.ports, story.project, 'test', PutEnvironment.parse(input));
const TARGET = { target: { kind: 'lambda', function_name: 'hello' } };
const deploy: Command = async (story) => {
  const { id } = await Deployment.create(story.ports, ADMIN, story.project, 'test', {
    release: story.release,
  });
  story.deployments.push(id);
};
const step =
  (act: (ports: Story['ports'], id: string) => Promise<unknown>, at: number): Command =>
  async (story) => {
    const id = story.deployments[at % Math.max(1, story.deployments.length)];
    if (id !== undefined) await act(story.ports, id);
  };

const STEPS = [
  apply,
  ready,
  shift,
  verify,
  (ports: Story['ports'], id: string) => rollBack(ports, id, 'it did not work'),
  (ports: Story['ports'], id: string) => end(ports, id, { status: 'failed', error: { message: 'died' } }),
];
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(deploy) },
  { weight: 1, arbitrary: fc.constant(put({ ...TARGET, health_path: '/changed' })) },
  {
    weight: 1,
    arbitrary: fc.constant<Command>((story) => Environment.remove(story.ports, story.project, 'test')),
  },
  { weight: 1, arbitrary: fc.constant(put(TARGET)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('prepare', 'publish', 'shift', 'ask'), fc.boolean()).map(
      ([call, broken]): Command =>
        async ({ ports }) => {
          if (broken) ports.functions.failures[call] = new TargetError('Lambda refused it.');
          else delete ports.functions.failures[call];
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(200, 500).map(
      (status): Command =>
        async ({ ports }) => {
          ports.probe.answer = { status };
        },
    ),
  },
  {
    weight: 10,
    arbitrary: fc
      .tuple(fc.constantFrom(...STEPS), fc.nat({ max: 4 }))
      .map(([act, at]): Command => step(act, at)),
  },
);
const history = fc.array(command, { maxLength: 14 });

async function begin(): Promise<Story> {
  const table = observedTable();
  const place = await world({ table });
  const { build } = await completedBuild(place);
  const release = await Release.create(place.ports, ADMIN, place.project, { build_id: build.id, tag: 'v1' });
  const story = { ...place, table, release: release.id, deployments: [] };
  await put(TARGET)(story);
  await deploy(story);
  return story;
}

/** Every workflow ends, and its end is told. */
async function finish({ ports, deployments }: Story): Promise<void> {
  for (const id of deployments) await end(ports, id, { status: 'failed', error: { message: 'died' } });
}

async function assess({ ports, project, table, deployments }: Story): Promise<void> {
  expectLawfulPaths(table);
  const all = await Promise.all(deployments.map((id) => Deployment.get(ports, ADMIN, id)));
  for (const { status } of all) expect(isFinal(DEPLOYMENT_LIFECYCLE, status), status).toBe(true);
  const [environment] = (await Environment.list(ports, project, { limit: 1 })).items;
  if (environment === undefined) return;
  expect(environment.active_deployment_id).toBeUndefined();
  const current = all.find(({ id }) => id === environment.current_deployment_id);
  if (environment.current_deployment_id !== undefined)
    expect(current).toMatchObject({ status: 'succeeded', release_id: environment.current_release_id });
}

test('one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (commands) => {
      const story = await begin();

      for (const act of commands) await refusable(act(story));
      await finish(story);

      await assess(story);
    }),
    { numRuns: samples(1000) },
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
            for (const act of commands.slice(0, 6)) await refusable(act(story));
          }),
        ),
      );
      story.table.unschedule();
      await finish(story);

      await assess(story);
    }),
    { numRuns: samples(1000) },
  );
});

/** What becomes of one call of a step. Throttling comes under the name that the SDK gives it. */
const OUTCOMES = {
  done: (step) => step(),
  'not done': async () => {
    throw new Error('socket hang up');
  },
  'answer lost': async (step) => {
    await step();
    throw new Error('socket hang up');
  },
  throttled: async () => {
    throw Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' });
  },
  refused: async () => {
    throw new TargetError('Lambda refused it.');
  },
  stopped: async (step, stop) => {
    await stop();
    return step();
  },
} satisfies Record<string, AroundStep>;
type Outcome = keyof typeof OUTCOMES;
/** A step is tried five times, and while it is throttled 20 times more. */
const MENDED = new Set<Outcome>(['done', 'not done', 'answer lost', 'throttled']);

test('as the workflow has it: what a retry mends succeeds, all else ends with the environment free', async () => {
  const seen = new Set<string>();
  const outcome = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Outcome>('done') },
    { weight: 4, arbitrary: fc.constantFrom<Outcome>('not done', 'answer lost', 'throttled') },
    { weight: 1, arbitrary: fc.constantFrom<Outcome>('refused', 'stopped') },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(outcome, { maxLength: 8 }),
      fc.constantFrom(0, 0, 1, 6, 40),
      fc.constantFrom(200, 200, 500),
      fc.boolean(),
      async (outcomes, settling, status, isFirst) => {
        const story = await begin();
        if (!isFirst) {
          await runDeployment(story.ports, story.deployments[0] ?? '');
          await deploy(story);
        }
        story.ports.functions.settling = settling;
        story.ports.probe.answer = { status };
        const id = story.deployments.at(-1) ?? '';
        const left = [...outcomes];

        await runDeployment(story.ports, id, (...step) => OUTCOMES[left.shift() ?? 'done'](...step));

        await assess(story);
        const { status: ended } = await Deployment.get(story.ports, ADMIN, id);
        const met = outcomes.slice(0, outcomes.length - left.length);
        const mended = met.every((one) => MENDED.has(one)) && met.filter((one) => one !== 'done').length <= 4;
        if (mended && status === 200 && settling <= 28) expect(ended).toBe('succeeded');
        if (status === 500) expect(ended).not.toBe('succeeded');
        seen.add(ended);
        for (const one of met) seen.add(one);
      },
    ),
    { numRuns: samples(500) },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([...Object.keys(OUTCOMES), 'succeeded', 'failed', 'rolled_back']),
  );
});
