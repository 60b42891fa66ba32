/** Every delivery stands in the list of each project of its repository, with what came of it there. */
import { createHmac } from 'node:crypto';
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Actor } from '../../lib/domain/access/actor.ts';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Deletion from '../../lib/domain/deletion/index.ts';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import type { Check, Write } from '../../lib/domain/ports/table.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { WEBHOOK_SECRET } from '../memory/index.ts';
import { observedTable } from './execution/observed.ts';
import { ADMIN, completedBuild, ONE_SERVICE, refusal, type World, world } from './world.ts';

const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';
const repository = { full_name: 'acme/hello' };
const PUSH = { ref: 'refs/heads/main', after: SHA, head_commit: { id: SHA }, repository };

function receive({ ports }: World, payload: unknown = PUSH, event = 'push') {
  const body = JSON.stringify(payload);
  const signature = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;
  return Delivery.receive(ports, { event, guid: 'a guid', signature, body: Buffer.from(body) });
}

/** One repository of two projects, of which the first builds the push and the second cannot. */
async function delivered() {
  const place = await world();
  const second = await Project.create(place.ports, ADMIN, { slug: 'second', repository: 'acme/hello' });
  place.ports.gitHost.commit('acme/hello', SHA, Buffer.from('a tar.gz'));
  const { id } = await receive(place);
  const { projects } = await Trigger.decide(place.ports, id);
  const [home = '', further = ''] = projects;
  await Trigger.build(place.ports, id, home);
  await Trigger.recordFailure(place.ports, id, further, 'It answered 404.');
  return { place, id, home, further, second };
}
const boundTo = (id: string): Actor => ({ ...ADMIN, project_id: id });

async function listed(place: World, actor: Actor, more: Delivery.DeliveryFilter & { project?: string } = {}) {
  const projects = await Project.listed(place.ports, actor, more.project);
  const { items } = await Delivery.list(place.ports, actor, projects, { limit: 20, ...more });
  return items.map(({ id, decision }) => [id, decision.kind]);
}

test('of several projects each sees what came of it there, and nothing of the others', async () => {
  const { place, id, home, further } = await delivered();

  expect(await listed(place, ADMIN, { project: home })).toEqual([[id, 'building']]);
  expect(await listed(place, ADMIN, { project: further })).toEqual([[id, 'failed']]);
  expect(await listed(place, boundTo(further))).toEqual([[id, 'failed']]);
  const seen = await Delivery.get(place.ports, boundTo(further), id);
  expect(seen).toMatchObject({ decision: { kind: 'failed', reason: 'It answered 404.' }, builds: [] });
  expect(seen.outcomes.map(({ project_id }) => project_id)).toEqual([further]);
});

test('who has roles in some projects sees what came of it in these, and deliveries of no project not at all', async () => {
  const { place, id, home, further } = await delivered();
  const unknown = await receive(place, { zen: 'Anything added dilutes everything else.' }, 'ping');
  const grantsIn = (...projects: string[]): Actor => ({
    kind: 'token',
    token_id: ADMIN.token_id,
    grants: projects.map((project) => ({ project_id: project, project: 'any', role: 'viewer' })),
  });
  const both = grantsIn(home, further);

  expect(await listed(place, both)).toEqual([[id, 'building']]);
  expect(await listed(place, both, { decision: 'failed' })).toEqual([[id, 'building']]);
  expect(await listed(place, grantsIn(further))).toEqual([[id, 'failed']]);
  const seen = await Delivery.get(place.ports, grantsIn(further), id);
  expect(seen).toMatchObject({ decision: { kind: 'failed' }, builds: [] });
  expect(await refusal(Delivery.get(place.ports, both, unknown.id))).toBe('not_found');
});

test('across projects it stands once, whatever it came to in each', async () => {
  const { place, id } = await delivered();

  expect(await listed(place, ADMIN)).toEqual([[id, 'building']]);
  expect(await listed(place, ADMIN, { decision: 'failed' })).toEqual([[id, 'building']]);
  expect(await listed(place, ADMIN, { decision: 'duplicate' })).toEqual([]);
});

test('duplicates, what is ignored and what failed are listed by their decision', async () => {
  const { place, id, home } = await delivered();
  const again = await receive(place);
  await Trigger.decide(place.ports, again.id);
  await Trigger.build(place.ports, again.id, home);
  const ping = await receive(place, { zen: 'Keep it logically awesome.', repository }, 'ping');
  const deleted = await receive(place, { ...PUSH, deleted: true, after: '0'.repeat(40), head_commit: null });
  const of = (decision: Delivery.DeliveryFilter['decision']) => listed(place, boundTo(home), { decision });

  expect(await of(undefined)).toHaveLength(4);
  expect(await of('building')).toEqual([[id, 'building']]);
  expect(await of('duplicate')).toEqual([[again.id, 'duplicate']]);
  expect(await of('ignored')).toEqual([
    [deleted.id, 'ignored'],
    [ping.id, 'ignored'],
  ]);
  expect(await of('failed')).toEqual([]);
});

test('one of no project is in the list of all, and for nobody who is bound to one', async () => {
  const place = await world();
  const stray = await receive(place, { ...PUSH, repository: { full_name: 'acme/stray' } });
  await Trigger.decide(place.ports, stray.id);
  const broken = await receive(place, 'no object');

  expect(await listed(place, ADMIN)).toEqual([
    [broken.id, 'ignored'],
    [stray.id, 'ignored'],
  ]);
  expect(await listed(place, ADMIN, { decision: 'ignored' })).toHaveLength(2);
  expect(await listed(place, boundTo(place.project.id))).toEqual([]);
  expect(await refusal(Delivery.get(place.ports, boundTo(place.project.id), stray.id))).toBe('not_found');
});

test('whose workflow died has failed in each project that was not decided', async () => {
  const place = await world();
  const second = await Project.create(place.ports, ADMIN, { slug: 'second', repository: 'acme/hello' });
  const { id } = await receive(place);
  await Trigger.decide(place.ports, id);

  await Trigger.abandon(place.ports, id, 'The workflow died.');

  for (const project of [place.project.id, second.id])
    expect(await listed(place, boundTo(project), { decision: 'failed' })).toEqual([[id, 'failed']]);
});

test('projects that are decided at the same moment each keep what came of it, in every order of the writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const table = observedTable();
      const place = await world({ table });
      for (const slug of ['second', 'third', 'fourth'])
        await Project.create(place.ports, ADMIN, { slug, repository: 'acme/hello' });
      const { id } = await receive(place);
      const { projects } = await Trigger.decide(place.ports, id);
      table.schedule(scheduler);

      await scheduler.waitFor(
        Promise.all(
          projects.map((project) => Trigger.recordFailure(place.ports, id, project, 'It answered 404.')),
        ),
      );

      table.unschedule();
      for (const project of projects)
        expect(await listed(place, ADMIN, { project, decision: 'failed' })).toEqual([[id, 'failed']]);
    }),
    { numRuns: samples(200) },
  );
});

test('a project that is decided writes its own entry, and none of the 23 others', async () => {
  const table = observedTable();
  let entries = 0;
  const count = (writes: readonly (Write | Check)[]): void => {
    entries += writes.filter((write) => 'put' in write && write.put.entity === 'delivery_entry').length;
  };
  const place = await world({
    table: {
      ...table,
      write(write) {
        count([write]);
        return table.write(write);
      },
      transact(writes) {
        count(writes);
        return table.transact(writes);
      },
    },
  });
  for (let n = 1; n < 25; n++)
    await Project.create(place.ports, ADMIN, { slug: `further-${n}`, repository: 'acme/hello' });
  const { id } = await receive(place);
  const { projects } = await Trigger.decide(place.ports, id);

  for (const project of projects) await Trigger.recordFailure(place.ports, id, project, 'It answered 404.');

  expect(projects).toHaveLength(25);
  expect(entries).toBe(2 * 24);
});

test('the removal of a project that dies at a delivery finds it again', async () => {
  const { place, id, further: gone } = await delivered();
  await Project.remove(place.ports, ADMIN, gone, { force: true });
  const dying = {
    ...place.ports.table,
    async write(write: Write) {
      if ('put' in write && write.put.entity === 'delivery') throw new Error('dead');
      await place.ports.table.write(write);
    },
  };
  const { failures } = await Deletion.sweep({ ...place.ports, table: dying });

  await Deletion.sweep(place.ports);

  expect(failures).toMatchObject([{ project_id: gone, message: 'dead' }]);
  expect(
    (await Delivery.get(place.ports, ADMIN, id)).outcomes.map(({ project_id }) => project_id),
  ).not.toContain(gone);
});

test('across projects one that still waits anywhere is listed as received, and one that waits nowhere is not', async () => {
  const place = await world();
  await Project.create(place.ports, ADMIN, { slug: 'second', repository: 'acme/hello' });
  const { id } = await receive(place);
  const { projects } = await Trigger.decide(place.ports, id);
  const [home = '', further = ''] = projects;

  await Trigger.recordFailure(place.ports, id, home, 'It answered 404.');
  expect(await listed(place, ADMIN, { decision: 'received' })).toEqual([[id, 'failed']]);

  await Trigger.recordFailure(place.ports, id, further, 'It answered 404.');
  expect(await listed(place, ADMIN, { decision: 'received' })).toEqual([]);
});

test('a project that is made between two pages does not spoil the cursor of any list across projects', async () => {
  const place = await world();
  for (let n = 0; n < 3; n++) await receive(place);
  for (let n = 0; n < 2; n++) await completedBuild(place, ONE_SERVICE, `built ${n}`);
  const paging = (cursor?: string) => ({ limit: 1, ...(cursor !== undefined && { cursor }) });
  const all = () => Project.listed(place.ports, ADMIN);
  const lists: ((cursor?: string) => Promise<{ next_cursor: string | null }>)[] = [
    async (cursor) => Build.list(place.ports, await all(), paging(cursor)),
    async (cursor) => Delivery.list(place.ports, ADMIN, await all(), paging(cursor)),
    async (cursor) => Artifact.list(place.ports, await all(), paging(cursor)),
  ];
  const first = await Promise.all(lists.map((list) => list()));

  await Project.create(place.ports, ADMIN, { slug: 'between' });

  const cursors = first.map(({ next_cursor }) => next_cursor ?? undefined);
  expect(cursors.map((cursor) => cursor !== undefined)).toEqual([true, true, true]);
  for (const [at, list] of lists.entries()) await expect(list(cursors[at])).resolves.toBeDefined();
  const own = await Project.listed(place.ports, boundTo(place.project.id));
  expect(await refusal(Build.list(place.ports, own, paging(cursors[0])))).toBe('invalid_cursor');
});
