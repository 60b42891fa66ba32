/** A project that builds the newest of each branch: whose runs a fork's pull request may end. */
import { beforeEach, expect, test } from 'vitest';
import * as Run from '../../../lib/domain/execution/runs.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import { ADMIN, ONE_SERVICE, startedBuild, type World, world } from '../world.ts';

let place: World;
beforeEach(async () => {
  const made = await world();
  const project = await Project.update(made.ports, ADMIN, made.project.id, { supersede: true });
  place = { ...made, project };
});

const begun = async (git_ref: string, trust: 'own' | 'fork') =>
  (await startedBuild(place, ONE_SERVICE, { git_ref, trust })).run.id;
const statusOf = async (id: string) => (await Run.get(place.ports, ADMIN, id)).status;

test.each([['refs/heads/main'], ['main'], ['refs/pull/7/head']])(
  'a fork that is built as %s ends no run of the project’s own',
  async (ref) => {
    const own = await begun(ref, 'own');

    const forked = await begun(ref, 'fork');

    expect([await statusOf(own), await statusOf(forked)]).toEqual(['pending', 'pending']);
  },
);

test('a newer state of the same pull request takes the place of the one before', async () => {
  const first = await begun('refs/pull/7/head', 'fork');
  const other = await begun('refs/pull/8/head', 'fork');

  const second = await begun('refs/pull/7/head', 'fork');

  expect([await statusOf(first), await statusOf(other), await statusOf(second)]).toEqual([
    'cancelled',
    'pending',
    'pending',
  ]);
});

test('two forks with a branch of the same name leave each other alone', async () => {
  const first = await begun('refs/heads/main', 'fork');
  await begun('refs/heads/main', 'fork');

  expect(await statusOf(first)).toBe('pending');
});
