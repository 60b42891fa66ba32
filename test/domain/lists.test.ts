/** Lists by status, ref and time, across projects, and for whom. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Actor } from '../../lib/domain/access/actor.ts';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import { cancelRun, fail, finish } from '../../lib/domain/execution/end/index.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import type { Item } from '../../lib/domain/ports/table.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { listByTime } from '../../lib/domain/storage/by-time.ts';
import {
  ADMIN,
  builtJob,
  completedBuild,
  planRun,
  refusal,
  startedBuild,
  uploadedSource,
  type World,
  world,
} from './world.ts';

const FAILURE = { code: 'build_error', message: 'make failed.' } as const;

async function other(place: World, slug: string): Promise<World> {
  return { ...place, project: await Project.create(place.ports, ADMIN, { slug }) };
}
const boundTo = ({ project }: World): Actor => ({ ...ADMIN, project_id: project.id });

/** All pages of a list, and how many each had. */
async function pagesOf<T>(
  ask: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor: string | null }>,
): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    pages.push(page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}
const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

test('a build in a list has its newest run, its ref, and what it was triggered by', async () => {
  const place = await world();
  const source_id = await uploadedSource(place);
  const recorded = CreateBuild.parse({ source_id, start: false, git_ref: 'main' });
  await Build.create(place.ports, ADMIN, place.project, recorded);
  const { run } = await completedBuild(place);

  const { items } = await Build.list(place.ports, [place.project], { limit: 5 });

  expect(items).toMatchObject([
    { trigger: 'request', latest_run: { id: run.id, status: 'completed', job_counts: { completed: 1 } } },
    { git_ref: 'main', latest_run: null },
  ]);
});

test('each status has the builds whose newest run is in it, with full pages, and no others', async () => {
  const place = await world();
  const foreign = await other(place, 'other');
  await startedBuild(foreign);
  const started = [];
  for (let at = 0; at < 8; at++) started.push(await startedBuild(place));
  const [pending, building, completed, cancelled, ...failed] = started;
  if (!pending || !building || !completed || !cancelled) throw new Error('Builds were expected.');
  await planRun(place, building.run.id);
  for (const dispatch of (await planRun(place, completed.run.id)).jobs) await builtJob(place, dispatch);
  await finish(place.ports, completed.run.id);
  await cancelRun(place.ports, cancelled.run.id, 'by a test');
  for (const { run } of failed) await fail(place.ports, run.id, FAILURE);
  const [mended, ...stillFailed] = failed;
  const again = await Run.rerun(
    place.ports,
    ADMIN,
    await Build.get(place.ports, ADMIN, mended?.build.id ?? ''),
  );
  const of = (status: 'pending' | 'building' | 'completed' | 'failed' | 'cancelled') =>
    pagesOf((cursor) => Build.list(place.ports, [place.project], { limit: 2, status, cursor }));

  expect((await of('pending')).flat().map(({ latest_run: run }) => run?.id)).toEqual([pending.run.id]);
  expect((await of('building')).flat().map(({ latest_run: run }) => run?.id)).toEqual([
    again.id,
    building.run.id,
  ]);
  expect(idsOf((await of('completed')).flat())).toEqual([completed.build.id]);
  expect(idsOf((await of('cancelled')).flat())).toEqual([cancelled.build.id]);
  const pages = await of('failed');
  expect(pages.map(({ length }) => length)).toEqual([2, 1]);
  expect(idsOf(pages.flat())).toEqual(stillFailed.map(({ build }) => build.id).reverse());
});

test('a ref is a branch as people write it, or a full name, and a tag of the same name is another', async () => {
  const place = await world();
  const ofRef = async (git_ref: string) => (await startedBuild(place, undefined, { git_ref })).build.id;
  const [short, full, tag] = [
    await ofRef('main'),
    await ofRef('refs/heads/main'),
    await ofRef('refs/tags/main'),
  ];
  await ofRef('main-2');
  const list = async (ref: string, more: object = {}) =>
    idsOf((await Build.list(place.ports, [place.project], { limit: 5, ref, ...more })).items);

  expect(await list('main')).toEqual([full, short]);
  expect(await list('refs/heads/main')).toEqual([full, short]);
  expect(await list('refs/tags/main')).toEqual([tag]);
  expect(await list('main', { status: 'pending' })).toEqual([full, short]);
  expect(await list('main', { status: 'failed' })).toEqual([]);
});

test('a time span has both its ends, and one that ends before it begins has nothing', async () => {
  const place = await world();
  const times: string[] = [];
  for (let at = 0; at < 4; at++) {
    times.push(place.ports.clock.now().toISOString());
    await startedBuild(place);
    place.ports.clock.advance(60_000);
  }
  const list = async (span: object) =>
    (await Build.list(place.ports, [place.project], { limit: 9, ...span })).items.map(
      (build) => build.created_at,
    );

  expect(await list({ since: times[1], until: times[2] })).toEqual([times[2], times[1]]);
  expect(await list({ since: times[3] })).toEqual([times[3]]);
  expect(await list({ until: times[0] })).toEqual([times[0]]);
  expect(await list({ since: times[2], until: times[1] })).toEqual([]);
});

test('a list across projects is one list by time; a bound token gets what is of its project', async () => {
  const place = await world();
  const places = [place, await other(place, 'other'), await other(place, 'empty')];
  const made: string[] = [];
  for (const at of [0, 1, 1, 0, 1, 0, 0]) {
    const { build } = await completedBuild(places[at] ?? place, undefined, `text ${made.length}`);
    made.unshift(build.id);
  }
  const all = (actor: Actor) => async (cursor: string | undefined) =>
    Build.list(place.ports, await Project.listed(place.ports, actor), { limit: 3, cursor });

  const pages = await pagesOf(all(ADMIN));
  const own = await pagesOf(all(boundTo(places[1] ?? place)));
  const artifacts = await Artifact.list(place.ports, await Project.listed(place.ports, ADMIN), {
    limit: 100,
  });

  expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
  expect(idsOf(pages.flat())).toEqual(made);
  expect(new Set(own.flat().map(({ project_id }) => project_id))).toEqual(new Set([places[1]?.project.id]));
  // Artifacts of one millisecond, as the clock of a test has it, have no order.
  expect(artifacts.items.map(({ build_id }) => build_id).sort()).toEqual(made.toSorted());
});

test('a list across more projects than are asked at once is refused with what to do', async () => {
  const place = await world();
  for (let at = 0; at < 100; at++) await other(place, `other-${at}`);

  expect(await refusal(Project.listed(place.ports, ADMIN))).toBe('too_many_projects');
  expect(await Project.listed(place.ports, ADMIN, 'hello')).toHaveLength(1);
});

test('whatever is spread over whichever partitions, the pages of a list are all of it, in order, each thing once', async () => {
  const { ports } = await world();
  const ulid = (n: number) => `01JZX3V5N8${String(n).padStart(16, '0')}`;
  let universe = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ at: fc.nat(5000), of: fc.nat(4), kept: fc.boolean() }), {
        selector: ({ at }) => at,
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 7 }),
      async (things, limit) => {
        const name = `P${universe++}`;
        for (const { at, of, kept } of things) {
          const key = { pk: `${name}-${at}`, sk: 'X', gsi1pk: `${name}#${of}`, gsi1sk: `x_${ulid(at)}` };
          await ports.table.write({
            put: { ...key, entity: 'x', revision: 1, at, kept },
            when: { any: true },
          });
        }
        const strands = [0, 1, 2, 3, 4].map(
          (of) => ({ of: 'gsi1', partition: `${name}#${of}`, prefix: 'x_' }) as const,
        );
        const view = async (items: readonly Item[]) =>
          items.map((item) => (item.kept === true ? Number(item.at) : undefined));

        const pages = await pagesOf((cursor) =>
          listByTime(ports.table, { name, partitions: strands, view }, { limit, cursor }),
        );

        const wanted = things.filter(({ kept }) => kept).map(({ at }) => at);
        expect(pages.flat()).toEqual(wanted.sort((a, b) => b - a));
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
      },
    ),
    { numRuns: 60 },
  );
});
