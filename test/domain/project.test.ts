import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as Deletion from '../../lib/domain/deletion/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import { pullToken } from '../../lib/domain/image/pull.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { memoryPorts } from '../memory/index.ts';
import { observedTable } from './execution/observed.ts';
import { ADMIN, refusal, STRANGER, startedBuild, ULID, world } from './world.ts';

let ports: ReturnType<typeof memoryPorts>;
beforeEach(() => {
  ports = memoryPorts();
});
const create = (slug: string, repository?: string) =>
  Project.create(ports, ADMIN, { slug, ...(repository !== undefined && { repository }) });

describe('a project', () => {
  test('is found by its slug and by its id', async () => {
    const project = await create('hello');

    expect(await Project.resolve(ports, ADMIN, 'hello')).toEqual(project);
    expect(await Project.resolve(ports, ADMIN, project.id)).toEqual(project);
    expect(project).toMatchObject({ name: 'hello', default_branch: 'main', created_by: ADMIN.token_id });
  });

  test('keeps its slug for itself', async () => {
    await create('hello');

    expect(await refusal(create('hello'))).toBe('slug_taken');
  });

  test('of many created at once with one slug, one is there', async () => {
    const created = await Promise.allSettled(Array.from({ length: 5 }, () => create('hello')));

    expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await Project.list(ports, ADMIN, { limit: 10 })).items).toHaveLength(1);
  });

  test('created again by the repeat of a request is the same project', async () => {
    const id = `prj_${ULID}`;
    const first = await Project.create(ports, ADMIN, { slug: 'hello' }, id);
    ports.clock.advance(1000);

    const second = await Project.create(ports, ADMIN, { slug: 'hello' }, id);

    expect(second).toEqual(first);
  });

  test('that a token may not see is no different from one that is not there', async () => {
    const project = await create('hello');

    expect(await refusal(Project.resolve(ports, STRANGER, 'hello'))).toBe('not_found');
    expect(await refusal(Project.resolve(ports, STRANGER, project.id))).toBe('not_found');
    expect(await refusal(Project.resolve(ports, ADMIN, `prj_${ULID}`))).toBe('not_found');
    expect(await refusal(Project.resolve(ports, { kind: 'anonymous', reason: '' }, 'hello'))).toBe(
      'not_found',
    );
  });

  test('is not created by a token of one project, nor by a job', async () => {
    const job = { kind: 'job', job_id: `job_${ULID}`, run_id: `run_${ULID}`, project_id: `prj_${ULID}` };

    expect(await refusal(Project.create(ports, STRANGER, { slug: 'a' }))).toBe('role_too_low');
    expect(await refusal(Project.create(ports, { ...job, kind: 'job' }, { slug: 'a' }))).toBe('role_too_low');
  });

  test('lists are by slug and in pages; a bound token sees its own', async () => {
    for (const slug of ['c', 'a', 'b']) await create(slug);
    const b = await Project.resolve(ports, ADMIN, 'b');

    const first = await Project.list(ports, ADMIN, { limit: 2 });
    const second = await Project.list(ports, ADMIN, { limit: 2, cursor: first.next_cursor ?? '' });
    const own = await Project.list(ports, { ...ADMIN, project_id: b.id }, { limit: 2 });

    expect([...first.items, ...second.items].map(({ slug }) => slug)).toEqual(['a', 'b', 'c']);
    expect(second.next_cursor).toBeNull();
    expect(own).toEqual({ items: [b], next_cursor: null });
  });
});

describe('a repository', () => {
  const slugsOf = async (repository: string) =>
    (await Project.ofRepository(ports, repository)).map(({ slug }) => slug).sort();

  test('may build several projects, whatever the case of its name', async () => {
    await create('one', 'acme/hello');
    await create('two', 'Acme/Hello');
    await create('three', 'acme/other');

    expect(await slugsOf('ACME/hello')).toEqual(['one', 'two']);
  });

  test('is followed when it changes, and let go when the link is cut', async () => {
    await create('one', 'acme/hello');

    await Project.update(ports, ADMIN, 'one', { repository: 'acme/moved' });
    const moved = [await slugsOf('acme/hello'), await slugsOf('acme/moved')];
    await Project.update(ports, ADMIN, 'one', { name: 'One' });
    const kept = await slugsOf('acme/moved');
    await Project.update(ports, ADMIN, 'one', { repository: null });

    expect(moved).toEqual([[], ['one']]);
    expect(kept).toEqual(['one']);
    expect(await slugsOf('acme/moved')).toEqual([]);
    expect((await Project.resolve(ports, ADMIN, 'one')).repository).toBeUndefined();
  });

  test('keeps its link when only the case of its name changes', async () => {
    await create('one', 'acme/hello');

    await Project.update(ports, ADMIN, 'one', { repository: 'Acme/Hello' });

    expect(await slugsOf('acme/hello')).toEqual(['one']);
  });
});

describe('a change', () => {
  test('says when it happened and leaves what it does not name', async () => {
    const before = await create('hello', 'acme/hello');
    ports.clock.advance(1000);

    const after = await Project.update(ports, ADMIN, 'hello', { default_branch: 'trunk' });

    expect(after).toEqual({
      ...before,
      default_branch: 'trunk',
      updated_at: ports.clock.now().toISOString(),
    });
  });

  test('by two at once is refused to one, or both are in force one after the other', async () => {
    await create('hello');

    const changed = await Promise.allSettled([
      Project.update(ports, ADMIN, 'hello', { name: 'A' }),
      Project.update(ports, ADMIN, 'hello', { name: 'B' }),
    ]);

    const refused = changed.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(refused).toEqual(['busy']);
  });
});

describe('deleting a project', () => {
  test('takes its slug, its id and its repository with it', async () => {
    const project = await create('hello', 'acme/hello');

    await Project.remove(ports, ADMIN, 'hello');
    const again = await create('hello');
    await Project.remove(ports, ADMIN, 'hello');
    ports.clock.advance(21 * 60_000);
    const { gone } = await Deletion.sweep(ports);

    expect(gone.toSorted()).toEqual([project.id, again.id].toSorted());
    expect(ports.table.all()).toEqual([]);
  });

  test('is refused while it has builds or environments', async () => {
    const place = { ports, project: await create('hello') };
    await startedBuild(place);
    const other = await create('other');
    const target = { kind: 'lambda', function_name: 'f' };
    await Environment.put(ports, other, 'test', PutEnvironment.parse({ target }));

    expect(await refusal(Project.remove(ports, ADMIN, 'hello'))).toBe('project_not_empty');
    expect(await refusal(Project.remove(ports, ADMIN, 'other'))).toBe('project_not_empty');
    await Environment.remove(ports, other, 'test');
    ports.clock.advance(3 * 60_000);
    await Project.remove(ports, ADMIN, 'other');
    expect(await refusal(Project.resolve(ports, ADMIN, 'other'))).toBe('not_found');
  });
});

describe('a pull token of a project that is deleted', () => {
  const HOUR_MS = 3_600_000;
  const web = () => Project.create(ports, ADMIN, { slug: 'web' });
  const sweep = () => Deletion.sweep(ports);

  test('opens nothing of the next project of its name: the name is held until it has ended', async () => {
    const project = await web();
    ports.clock.advance(HOUR_MS);
    const { expires_at: end } = await pullToken(ports, project);
    await Project.remove(ports, ADMIN, 'web');
    await sweep();

    expect(await refusal(web())).toBe('slug_taken');

    ports.clock.advance(Date.parse(end) - ports.clock.now().getTime());
    await sweep();
    expect((await web()).slug).toBe('web');
  });

  test('holds no name once it has ended', async () => {
    await pullToken(ports, await web());
    ports.clock.advance(HOUR_MS);
    await Project.remove(ports, ADMIN, 'web');

    expect((await web()).slug).toBe('web');
  });

  test('is given before the deletion, which sees it, or not at all, in every order of the writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const table = observedTable();
        const place = await world({ table });
        table.schedule(scheduler);

        const [token] = await scheduler.waitFor(
          Promise.allSettled([
            pullToken(place.ports, place.project),
            Project.remove(place.ports, ADMIN, 'hello'),
          ]),
        );

        table.unschedule();
        const again = Project.create(place.ports, ADMIN, { slug: 'hello' });
        if (token.status === 'fulfilled') expect(await refusal(again)).toBe('slug_taken');
        else expect(token.reason).toMatchObject({ code: 'not_found' });
        await again.catch(() => undefined);
      }),
      { numRuns: samples(100) },
    );
  });
});
