/** Container images of forks, where the installation does not build them. */
import { beforeEach, expect, test } from 'vitest';
import * as Build from '../../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../../lib/domain/builds/schema.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { ADMIN, planRun, uploadedSource, type World, world } from '../../world.ts';

const TWO_SERVICES = 'services: {api: {commands: [make]}, site: {dockerfile: Dockerfile}}';

let place: World;
beforeEach(async () => {
  const made = await world();
  place = {
    ...made,
    ports: { ...made.ports, installation: { ...made.ports.installation, forkImages: false } },
  };
});

/** @returns the run as it is once planned */
async function planned(asked: Partial<CreateBuild>, at: World = place) {
  const { ports, project } = at;
  const source_id = await uploadedSource(at, { 'staithe.yaml': TWO_SERVICES });
  const build = await Build.create(ports, ADMIN, project, CreateBuild.parse({ source_id, ...asked }));
  const id = build.latest_run?.id ?? '';
  await planRun({ ports }, id);
  return Run.get(ports, ADMIN, id);
}

test('are refused when the run is planned, with what can be done', async () => {
  const run = await planned({ trust: 'fork' });

  expect(run).toMatchObject({
    status: 'failed',
    job_ids: [],
    error: {
      code: 'policy_error',
      message: expect.stringContaining("container images of forks; these services have a dockerfile: 'site'"),
      hint: expect.stringMatching(/--service\b.*ForkImageBuilds/),
    },
  });
});

test.each<[string, Partial<CreateBuild>]>([
  ['a fork’s services without an image', { trust: 'fork', services: ['api'] }],
  ['images of the project’s own', { trust: 'own' }],
])('%s are built as ever', async (_, asked) => {
  expect((await planned(asked)).status).toBe('building');
});

test('are built where the installation allows it', async () => {
  const run = await planned({ trust: 'fork' }, await world());

  expect(run.status).toBe('building');
});
