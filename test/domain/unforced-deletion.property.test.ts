/**
 * A project is deleted without force while the first thing is created in it, in every order in which the writes of both
 * may take effect, and although no list shows yet what was created: one of the two is refused.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import type { MemoryPorts } from '../memory/index.ts';
import { observedTable } from './execution/observed.ts';
import { ADMIN, refusal, uploadedSource, type World, world } from './world.ts';

const outcome = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'done',
    (error: unknown) => (error instanceof StaitheError ? error.code : Promise.reject(error)),
  );

/** A table whose index shows nothing yet. */
function lagging() {
  const table = observedTable();
  return {
    ...table,
    query: async (query: Parameters<typeof table.query>[0]) =>
      query.index === undefined ? table.query(query) : { items: [] },
  };
}

const CREATIONS: Readonly<Record<string, (place: World & { source: string }) => Promise<unknown>>> = {
  'a build': ({ ports, project, source }) =>
    Build.create(ports, ADMIN, project, CreateBuild.parse({ source_id: source })),
  'a build that is not started': ({ ports, project, source }) =>
    Build.create(ports, ADMIN, project, CreateBuild.parse({ source_id: source, start: false })),
  'an upload': ({ ports, project }) =>
    Upload.create(ports, ADMIN, project, { name: 'a.zip', content_type: 'application/zip' }),
  'an environment': ({ ports, project }) =>
    Environment.put(
      ports,
      project,
      'test',
      PutEnvironment.parse({ target: { kind: 'lambda', function_name: 'f' } }),
    ),
  'a secret': ({ ports, project }) => Secret.put(ports, ADMIN, project, 'TOKEN', { value: 'hunter2' }),
};

describe('deleting a project without force', () => {
  test.each(Object.entries(CREATIONS))(
    'does not lose %s that was made at the same moment',
    async (_, make) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), async (scheduler) => {
          const table = lagging();
          const place = await world({ table } as Partial<MemoryPorts>);
          const source = await uploadedSource(place);
          table.schedule(scheduler);
          const deleting = outcome(Project.remove(place.ports, ADMIN, 'hello'));
          const making = outcome(make({ ...place, source }));

          await scheduler.waitFor(Promise.allSettled([deleting, making]));
          table.unschedule();

          expect([
            ['project_not_empty', 'done'],
            ['done', 'not_found'],
          ]).toContainEqual([await deleting, await making]);
        }),
        { numRuns: 40 },
      );
    },
  );

  test('is possible again once what was in it is gone and the lists can be trusted', async () => {
    const { ports, project } = await world();
    await Secret.put(ports, ADMIN, project, 'TOKEN', { value: 'hunter2' });
    await Secret.remove(ports, project, 'TOKEN');

    const early = await refusal(Project.remove(ports, ADMIN, 'hello'));
    ports.clock.advance(3 * 60_000);
    await Project.remove(ports, ADMIN, 'hello');

    expect(early).toBe('project_not_empty');
    expect(await refusal(Project.resolve(ports, ADMIN, 'hello'))).toBe('not_found');
  });
});
