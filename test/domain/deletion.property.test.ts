/**
 * A project is deleted while something is made in it, in every order in which the writes of both may take effect.
 * Whatever the order: what was made is refused or is gone with the project, and nothing of the project is left.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Deletion from '../../lib/domain/deletion/index.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { authenticate } from '../../lib/domain/token/authenticate.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { furnished, MAKES, type Scene } from './furnished.ts';
import { ADMIN, planRun, refusal } from './world.ts';

/** What may stay for a while: what vanishes by itself, and what is of all projects. */
const staysAWhile = (item: { ttl?: number; entity: string }) => item.ttl !== undefined;

async function expectGone({ ports, table, project }: Scene): Promise<void> {
  const left = table.all().filter((item) => JSON.stringify(item).includes(project.id) && !staysAWhile(item));
  expect(left).toEqual([]);
  expect(table.all().filter(({ entity }) => entity.startsWith('project') || entity === 'deletion')).toEqual(
    [],
  );
  expect(ports.blobs.keys()).toEqual([]);
  expect(await ports.projectSecrets.names(project.id)).toEqual([]);
  expect(ports.registry.has('staithe/hello/web')).toBe(false);
}

/** Refusals that tell the caller that the project, or what was asked about, is gone. */
const REFUSED = [
  'not_found',
  'busy',
  'wrong_state',
  'unauthenticated',
  'ticket_refused',
  'nothing_to_release',
];

test.each(Object.entries(MAKES))('%s is refused, or gone with the project', async (_, make) => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const scene = await furnished();
      scene.table.schedule(scheduler);
      const deleting = Project.remove(scene.ports, ADMIN, 'hello', { force: true });
      const removing = deleting.then(() => Deletion.sweep(scene.ports));
      const making = make(scene).then(
        () => 'made',
        (error: unknown) => (error instanceof StaitheError ? error.code : Promise.reject(error)),
      );

      await scheduler.waitFor(Promise.allSettled([removing, making]));
      scene.table.unschedule();
      // Only the change of the project itself may get in before its deletion.
      const isRefused = await deleting.then(
        () => undefined,
        (error: unknown) => (error instanceof StaitheError ? error.code : Promise.reject(error)),
      );
      if (isRefused !== undefined) await Project.remove(scene.ports, ADMIN, 'hello', { force: true });
      scene.ports.clock.advance(61 * 60_000);
      const last = await Deletion.sweep(scene.ports);

      expect([undefined, 'busy']).toContain(isRefused);
      expect(['made', ...REFUSED]).toContain(await making);
      expect(last).toEqual({ checked: [scene.project.id], gone: [scene.project.id], failures: [] });
      await expectGone(scene);
    }),
    { numRuns: 40 },
  );
});

test('a deletion that dies anywhere is finished by a later sweep', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 120 }), async (writesUntilDeath) => {
      const scene = await furnished();
      await Project.remove(scene.ports, ADMIN, 'hello', { force: true });
      let writes = 0;
      const dying: typeof scene.table = {
        ...scene.table,
        write: (write) =>
          ++writes > writesUntilDeath ? Promise.reject(new Error('killed')) : scene.table.write(write),
      };

      const cut = await Deletion.sweep({ ...scene.ports, table: dying });
      scene.ports.clock.advance(61 * 60_000);
      const last = await Deletion.sweep(scene.ports);

      expect(cut.gone).toEqual([]);
      expect(last.gone).toEqual([scene.project.id]);
      await expectGone(scene);
    }),
    { numRuns: 40 },
  );
});

test('what runs in a deleted project ends, and its tokens are nobody’s, at the first sweep', async () => {
  const scene = await furnished();
  const { ports, project } = scene;
  const input = CreateToken.parse({ role: 'developer', project: project.id });
  const { secret } = await Token.create(ports, ADMIN, input);
  await Deployment.create(ports, ADMIN, project, 'prod', { release: '1.0.0' });

  await Project.remove(ports, ADMIN, 'hello', { force: true });
  await Deletion.sweep(ports);

  expect((await authenticate(ports, `Bearer ${secret}`)).kind).toBe('anonymous');
  await planRun(scene, scene.waiting);
  expect(ports.workflows.find('build', scene.waiting)).toBeUndefined();
  expect(ports.workflows.find('build', scene.work.job.run_id)?.status).toBe('stopped');
  expect(await refusal(Job.progress(ports, scene.work.job.id, { stage: 'at work', progress: 1 }))).toBe(
    'not_found',
  );
});

test('a pass is not held up by another that has freed the name a moment before', async () => {
  const { ports } = await furnished();
  await Project.remove(ports, ADMIN, 'hello', { force: true });
  ports.clock.advance(61 * 60_000);
  const { table } = ports;
  const get: typeof table.get = async (key) => {
    const item = await table.get(key);
    if (item?.entity === 'project_placeholder') await table.write({ remove: key, when: { any: true } });
    return item;
  };

  expect((await Deletion.sweep({ ...ports, table: { ...table, get } })).failures).toEqual([]);
});

test('the name of a project is its own until nobody can push its images any more, and then anybody’s', async () => {
  const scene = await furnished();
  const { ports } = scene;
  await MAKES['a repository of images']?.(scene);
  await Project.remove(ports, ADMIN, 'hello', { force: true });

  const early = await refusal(Project.create(ports, ADMIN, { slug: 'hello' }));
  await Deletion.sweep(ports);
  // A credential to push its images, taken just before, is still good.
  ports.clock.advance(59 * 60_000);
  await Deletion.sweep(ports);
  const stillEarly = await refusal(Project.create(ports, ADMIN, { slug: 'hello' }));
  ports.clock.advance(2 * 60_000);
  await Deletion.sweep(ports);
  const next = await Project.create(ports, ADMIN, { slug: 'hello' });
  await Deletion.sweep(ports);

  expect([early, stillEarly]).toEqual(['slug_taken', 'slug_taken']);
  expect(await Project.resolve(ports, ADMIN, 'hello')).toEqual(next);
});
