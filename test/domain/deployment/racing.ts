import fc from 'fast-check';
import { afterEnd } from '../../../lib/domain/deployment/after-end.ts';
import { approve, reject } from '../../../lib/domain/deployment/approve.ts';
import { beginAll, beginNext } from '../../../lib/domain/deployment/begin-next.ts';
import { cancel } from '../../../lib/domain/deployment/cancel.ts';
import * as Deployment from '../../../lib/domain/deployment/index.ts';
import { rollBackTo } from '../../../lib/domain/deployment/restore.ts';
import { rollBack } from '../../../lib/domain/deployment/roll-back.ts';
import { Deployment as Deployments } from '../../../lib/domain/deployment/schema.ts';
import { apply, shift, verify } from '../../../lib/domain/deployment/steps.ts';
import { hold, resume as resumeEnvironment } from '../../../lib/domain/environment/hold.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { Environment as Environments, PutEnvironment } from '../../../lib/domain/environment/schema.ts';
import type { Check, Write } from '../../../lib/domain/ports/table.ts';
import * as Line from '../../../lib/domain/project/line.ts';
import * as Release from '../../../lib/domain/release/index.ts';
import { unyank, yank } from '../../../lib/domain/release/yank.ts';
import { sweepDeployments } from '../../../lib/domain/sweep/deployments.ts';
import { type ObservedTable, observedTable } from '../execution/observed.ts';
import { ADMIN, completedBuild, type World, world } from '../world.ts';
import { ANNA, BERT, CLEO, enrolled } from './ruled.ts';

export const ENVIRONMENTS = ['production', 'test'] as const;
const PEOPLE = [ANNA, BERT, CLEO];

export interface Story extends World {
  readonly table: ObservedTable;
  readonly releases: readonly string[];
  /** Deployments that were begun without the approvals that their environment asked for at that moment. */
  readonly unapproved: readonly string[];
}
type Command = (story: Story) => Promise<unknown>;

const CANARY = { steps: [{ percent: 10, bake_seconds: 60 }] };
const RULES = [
  {},
  { concurrency: 'queue' },
  { concurrency: 'supersede' },
  { concurrency: 'queue', approvals: { required: 2 } },
  { concurrency: 'supersede', approvals: { required: 1, expires_seconds: 3600 } },
  { concurrency: 'queue', freeze: [{ every_week: true, from: 'sat 00:00', to: 'sun 12:00' }] },
];
export const put =
  (name: string, rules: object, target: object = {}): Command =>
  (story) =>
    Environment.put(
      story.ports,
      story.project,
      name,
      PutEnvironment.parse({
        target: { kind: 'lambda', function_name: `hello-${name}`, ...target },
        ...rules,
      }),
    );

/** One of the deployments that there are. */
const some =
  (at: number, act: (story: Story, id: string) => Promise<unknown>): Command =>
  async (story) => {
    const ids = await deploymentsOf(story);
    const id = ids[at % Math.max(1, ids.length)];
    if (id !== undefined) await act(story, id);
  };

export async function deploymentsOf({ ports, project }: Story): Promise<string[]> {
  const lists = await Promise.all(
    ENVIRONMENTS.map((environment) =>
      Deployment.list(ports, [project], { environment, limit: 100 }).catch(() => ({ items: [] })),
    ),
  );
  return lists.flatMap(({ items }) => items.map(({ id }) => id)).sort();
}

const environment = fc.constantFrom(...ENVIRONMENTS);
const at = fc.nat({ max: 9 });
const person = fc.constantFrom(...PEOPLE);
const always = (act: Command) => fc.constant(act);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(environment, fc.nat({ max: 1 }), person).map(
      ([name, which, by]): Command =>
        ({ ports, project, releases }) =>
          Deployment.create(ports, by, project, name, { release: releases[which] ?? '' }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(environment, fc.constantFrom(...RULES), fc.constantFrom('Ahoy', 'Hello'), fc.boolean())
      .map(([name, rules, GREETING, isCanary]) =>
        put(name, { ...rules, variables: { GREETING } }, isCanary ? CANARY : {}),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (isWell): Command =>
        async ({ ports }) => {
          ports.functions.faults = () => (isWell ? undefined : 'The basket is gone.');
        },
    ),
  },
  {
    weight: 1,
    arbitrary: always(
      put('production', { after: ['test'], auto: {}, soak_seconds: 60, concurrency: 'queue' }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(at, person).map(([n, by]) =>
      some(n, async ({ ports }, id) => {
        const { subject = '' } = await Deployment.get(ports, by, id);
        return approve(ports, by, id, { subject });
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(at, person).map(([n, by]) => some(n, ({ ports }, id) => reject(ports, by, id, 'no'))),
  },
  { weight: 2, arbitrary: at.map((n) => some(n, ({ ports }, id) => cancel(ports, ADMIN, id, undefined))) },
  {
    weight: 2,
    arbitrary: environment.map(
      (name): Command =>
        ({ ports, project }) =>
          rollBackTo(ports, ADMIN, project, name, {}),
    ),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(at, fc.constantFrom(apply, shift, verify))
      .map(([n, step]) => some(n, ({ ports }, id) => step(ports, id))),
  },
  { weight: 2, arbitrary: at.map((n) => some(n, ({ ports }, id) => rollBack(ports, id, 'it did not work'))) },
  { weight: 4, arbitrary: at.map((n) => some(n, ({ ports }, id) => afterEnd(ports, id))) },
  { weight: 3, arbitrary: always(({ ports }) => sweepDeployments(ports, () => true)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1000, 61_000, 3_600_000, 86_400_000).map(
      (ms): Command =>
        async ({ ports }) =>
          ports.clock.advance(ms),
    ),
  },
  { weight: 1, arbitrary: always(({ ports, project }) => Line.stop(ports, ANNA, project, 'stop')) },
  {
    weight: 1,
    arbitrary: always(async ({ ports, project }) => {
      await Line.resume(ports, project);
      await beginAll(ports, project);
    }),
  },
  {
    weight: 1,
    arbitrary: environment.map(
      (name): Command =>
        ({ ports, project }) =>
          hold(ports, ANNA, project, name, 'hold'),
    ),
  },
  {
    weight: 1,
    arbitrary: environment.map(
      (name): Command =>
        async ({ ports, project }) => {
          await resumeEnvironment(ports, project, name);
          await beginNext(ports, project.id, name);
        },
    ),
  },
  {
    weight: 1,
    arbitrary: always(({ ports, releases }) => yank(ports, ANNA, releases[0] ?? '', { reason: 'bad' })),
  },
  { weight: 1, arbitrary: always(({ ports, releases }) => unyank(ports, ANNA, releases[0] ?? '')) },
);
export const history = fc.array(command, { minLength: 4, maxLength: 24 });

export async function begin(): Promise<Story> {
  const observed = observedTable();
  const unapproved: string[] = [];
  const table: ObservedTable = {
    ...observed,
    transact: async (writes) => {
      await observed.transact(writes);
      unapproved.push(...unapprovedBy(writes));
    },
  };
  const place = await world({ table });
  await enrolled(place.ports, ...PEOPLE);
  const releases: string[] = [];
  for (const [n, text] of ['one', 'two'].entries()) {
    const { build } = await completedBuild(place, undefined, text);
    releases.push(
      (await Release.create(place.ports, ADMIN, place.project, { build_id: build.id, version: `1.0.${n}` }))
        .id,
    );
  }
  const story = { ...place, table, releases, unapproved };
  await put('test', { concurrency: 'queue' })(story);
  await put('production', RULES[3] ?? {})(story);
  return story;
}

/** What a transaction lets begin though approvals of just its content are missing, by a count of its own. */
function unapprovedBy(writes: readonly (Write | Check)[]): string[] {
  const items = writes.flatMap((write) => ('put' in write ? [write.put] : []));
  const environment = items.find(({ entity }) => entity === 'environment');
  const { active_deployment_id: active, approvals } = Environments.partial().parse(environment ?? {});
  const begun = items.find(({ entity, id }) => entity === 'deployment' && id === active);
  if (begun === undefined || approvals === undefined) return [];
  const { id, restores, decisions, subject } = Deployments.parse(begun);
  const people = decisions
    .filter((decision) => decision.decision === 'approved' && decision.subject === subject)
    .map((decision) => decision.user_id);
  return restores === undefined && new Set(people).size < approvals.required ? [id] : [];
}
