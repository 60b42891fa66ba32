import { beforeEach, expect, test } from 'vitest';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import type { Table } from '../../lib/domain/ports/table.ts';
import { ADMIN, completedBuild, startedBuild, type World, world } from './world.ts';

let place: World;
let calls: string[];
let counted: Table;
beforeEach(async () => {
  place = await world();
  calls = [];
  const { table } = place.ports;
  counted = {
    ...table,
    get: (key) => {
      calls.push('get');
      return table.get(key);
    },
    getMany: (keys) => {
      calls.push('getMany');
      return table.getMany(keys);
    },
  };
});

test('a build is read together with its first run, in one call', async () => {
  const { build, run } = await startedBuild(place);

  const shown = await Build.show({ table: counted }, ADMIN, build.id);

  expect(shown.latest_run).toEqual(run);
  expect(calls).toEqual(['getMany']);
});

test('a build that ran more than once is shown with the newest run, not the first', async () => {
  const { build } = await completedBuild(place);
  const second = await Run.rerun(place.ports, ADMIN, await Build.get(place.ports, ADMIN, build.id));

  const shown = await Build.show({ table: counted }, ADMIN, build.id);

  expect(shown.latest_run?.id).toBe(second.id);
  expect(calls).toEqual(['getMany', 'get']);
});
