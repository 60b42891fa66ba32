/**
 * A project is deleted while something is made in it, in every order in which the writes of both may take effect.
 * Whatever the order: what was made is refused or is gone with the project, and nothing of the project is left.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Deletion from '../../lib/domain/deletion/index.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import type { ClaimedJob } from '../../lib/domain/execution/model/job.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import * as Image from '../../lib/domain/image/index.ts';
import * as Manifests from '../../lib/domain/manifest/synced.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { type ObservedTable, observedTable } from './execution/observed.ts';
import {
  ADMIN,
  agentOf,
  claimed,
  completedBuild,
  knownAdmin,
  planRun,
  refusal,
  sha256Of,
  startedBuild,
  uploadedArtifact,
  type World,
  world,
} from './world.ts';

const IMAGE = 'services:\n  web:\n    dockerfile: Dockerfile\n';

interface Scene extends World {
  readonly table: ObservedTable;
  readonly source: string;
  readonly built: string;
  readonly work: ClaimedJob;
  readonly artifact: string;
  /** A run that was recorded and not yet planned. */
  readonly waiting: string;
}

/** A project with a bit of everything in it. */
async function furnished(): Promise<Scene> {
  const table = observedTable();
  const made = await world({ table });
  await knownAdmin(made.ports);
  const project = await Project.update(made.ports, ADMIN, 'hello', { max_concurrent_jobs: 2 });
  const place = { ...made, project };
  const { ports } = place;
  const { build } = await completedBuild(place);
  await Release.create(ports, ADMIN, project, { build_id: build.id, version: '1.0.0' });
  const target = { kind: 'lambda', function_name: 'f' };
  await Environment.put(ports, project, 'prod', PutEnvironment.parse({ target }));
  await Secret.put(ports, ADMIN, project, 'NPM_TOKEN', { value: 'hunter2' });
  const { run } = await startedBuild(place);
  const [dispatch] = (await planRun({ ports }, run.id)).jobs;
  if (dispatch === undefined) throw new Error('The run has no job.');
  const work = await claimed(place, dispatch);
  const artifact = await uploadedArtifact(place, work);
  const waiting = (await startedBuild(place, IMAGE)).run.id;
  return { ...place, table, source: build.source_id, built: build.id, work, artifact, waiting };
}

type Make = (scene: Scene) => Promise<unknown>;
const MAKES: Readonly<Record<string, Make>> = {
  'a build': (s) => Build.create(s.ports, ADMIN, s.project, CreateBuild.parse({ source_id: s.source })),
  'a build that is not started': (s) =>
    Build.create(s.ports, ADMIN, s.project, CreateBuild.parse({ source_id: s.source, start: false })),
  'another run': async (s) => Run.rerun(s.ports, ADMIN, await Build.get(s.ports, ADMIN, s.built)),
  'the plan of a run': (s) => planRun(s, s.waiting),
  'a source': (s) =>
    Source.create(s.ports, ADMIN, s.project, { sha256: sha256Of('new'), size_bytes: 3, format: 'zip' }),
  'an upload': (s) =>
    Upload.create(s.ports, ADMIN, s.project, { name: 'a.zip', content_type: 'application/zip' }),
  'a secret': (s) => Secret.put(s.ports, ADMIN, s.project, 'NEW', { value: 'hunter3' }),
  'a secret’s new value': (s) => Secret.put(s.ports, ADMIN, s.project, 'NPM_TOKEN', { value: 'hunter4' }),
  'an environment': (s) =>
    Environment.put(
      s.ports,
      s.project,
      'test',
      PutEnvironment.parse({ target: { kind: 'lambda', function_name: 'g' } }),
    ),
  'a release': (s) => Release.create(s.ports, ADMIN, s.project, { build_id: s.built, version: '1.0.1' }),
  'a deployment': (s) => Deployment.create(s.ports, ADMIN, s.project, 'prod', { release: '1.0.0' }),
  'a token': (s) => Token.create(s.ports, ADMIN, CreateToken.parse({ role: 'admin', project: 'hello' })),
  'a token of one that is bound': async (s) => {
    const bound = await Token.create(
      s.ports,
      ADMIN,
      CreateToken.parse({ role: 'admin', project: s.project.id }),
    );
    const actor = await Token.authenticate(s.ports, `Bearer ${bound.secret}`);
    return Token.create(s.ports, actor, CreateToken.parse({ role: 'viewer' }));
  },
  'a manifest': (s) =>
    Manifests.sync(s.ports, ADMIN, s.project, { manifest: 'services: {web: {}}', file: 'staithe.yaml' }),
  'a link to a repository': (s) => Project.update(s.ports, ADMIN, 'hello', { repository: 'acme/other' }),
  'a job’s artifact': (s) =>
    Job.createUpload(s.ports, agentOf(s.work), s.work.job.id, {
      name: 'b.zip',
      sha256: sha256Of('b'),
      size_bytes: 1,
      content_type: 'application/zip',
    }),
  'a job’s result': async (s) => {
    await Job.result(s.ports, agentOf(s.work), s.work.job.id, {
      status: 'completed',
      artifact_ids: [s.artifact],
    });
    return finish(s.ports, s.work.job.run_id);
  },
  'a repository of images': async (s) => {
    const [dispatch] = (await planRun(s, s.waiting)).jobs;
    if (dispatch === undefined) return undefined;
    const { job } = await claimed(s, dispatch);
    return Image.registryToken(s.ports, agentOf({ job }), job.id);
  },
};

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

  expect((await Token.authenticate(ports, `Bearer ${secret}`)).kind).toBe('anonymous');
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
