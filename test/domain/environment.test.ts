import { beforeEach, describe, expect, test } from 'vitest';
import { removeContents } from '../../lib/domain/deletion/contents.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Project from '../../lib/domain/project/index.ts';
import type { Project as ProjectValue } from '../../lib/domain/project/schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { ADMIN, refusal, type World, world } from './world.ts';

let place: World;
let other: ProjectValue;
beforeEach(async () => {
  place = await world();
  other = await Project.create(place.ports, ADMIN, { slug: 'other' });
});
const put = (name: string, functionName: string, project = place.project, actor = ADMIN) =>
  Environment.put(
    place.ports,
    project,
    name,
    PutEnvironment.parse({ target: { kind: 'lambda', function_name: functionName } }),
    actor,
  );
const saidOf = (made: Promise<unknown>) => made.then(String, (error: Error) => error.message);

describe('a function', () => {
  test('is the target of one environment, and who wants it too is told of which', async () => {
    await put('prod', 'api');

    expect(await refusal(put('test', 'api'))).toBe('function_taken');
    expect(await saidOf(put('test', 'api'))).toBe("Function 'api' is the target of environment 'prod'.");
    expect(await saidOf(put('prod', 'api', other))).toBe(
      "Function 'api' is the target of environment 'prod' of project 'hello'.",
    );
    expect((await put('prod', 'api')).target).toMatchObject({ function_name: 'api' });
  });

  test('stays with a project that takes it while another one that had it is deleted', async () => {
    await put('prod', 'api');
    const { table } = place.ports;
    const key = Keys.targetFunction('api');
    let isTaken = false;
    const get: typeof table.get = async (asked) => {
      const item = await table.get(asked);
      if (asked.pk === key.pk && !isTaken) {
        isTaken = true;
        await Environment.remove(place.ports, place.project, 'prod');
        await put('prod', 'api', other);
      }
      return item;
    };

    const deletion = {
      project_id: place.project.id,
      slug: place.project.slug,
      requested_at: place.ports.clock.now().toISOString(),
      requested_by: 'test',
      holds_name: false,
      had_images: false,
      status: 'requested',
    } as const;
    await removeContents({ ...place.ports, table: { ...table, get } }, deletion);

    expect(await table.get(key)).toMatchObject({ project_id: other.id });
  });

  test('of a project that the caller may not see is not told by name', async () => {
    await put('prod', 'api');

    const bound = { ...ADMIN, project_id: other.id };

    expect(await saidOf(put('prod', 'api', other, bound))).toBe(
      "Function 'api' is the target of an environment of another project.",
    );
  });

  test('is free once its environment has another, is deleted, or goes with its project', async () => {
    await put('prod', 'api');
    await put('prod', 'api-2');
    await put('test', 'api');
    await Environment.remove(place.ports, place.project, 'test');

    expect(await put('prod', 'api', other)).toMatchObject({ name: 'prod' });
  });

  test('wanted by several environments at once goes to one', async () => {
    const names = ['a', 'b', 'c'];

    const made = await Promise.all(names.map((name) => saidOf(put(name, 'api'))));

    expect(made.filter((said) => said.includes('is the target of environment'))).toHaveLength(2);
  });
});
