/** Environments that a manifest sets. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Environment from '../../lib/domain/environment/index.ts';
import { SETTINGS } from '../../lib/domain/environment/setting.ts';
import { ManifestEnvironment } from '../../lib/domain/manifest/environment.ts';
import { type ManifestBuilds, manifestBuilds, SHA, TARGET } from './manifest-builds.ts';
import { ADMIN, refusal } from './world.ts';

const RULES = {
  target: {
    kind: 'lambda',
    function_name: 'shop-production',
    timeout: '20s',
    steps: [{ percent: 10, bake: '5m' }],
  },
  variables: { GREETING: 'Ahoy' },
  after: ['test'],
  soak: '2d',
  approvals: { required: 2, expires: '4h' },
  freeze: ['fri 16:00..mon 08:00 Europe/Berlin'],
  concurrency: 'queue',
  auto: { delay: '1h' },
  test: { commands: ['npm run smoke'], secrets: ['KEY'], timeout: '10m' },
};

let scene: ManifestBuilds;
beforeEach(async () => {
  scene = await manifestBuilds();
});

describe('a build of the default branch', () => {
  test('sets the environments of its manifest, each after those that it comes after', async () => {
    const { id } = await scene.built({ production: RULES, test: { target: TARGET } });

    expect(await scene.show('production')).toMatchObject({
      owner: { kind: 'manifest', build: id, commit: SHA },
      target: { timeout_seconds: 20, steps: [{ percent: 10, bake_seconds: 300 }] },
      variables: { GREETING: 'Ahoy' },
      after: ['test'],
      soak_seconds: 2 * 86_400,
      approvals: { required: 2, self: false, expires_seconds: 4 * 3600 },
      freeze: [{ every_week: true, from: 'fri 16:00', to: 'mon 08:00', zone: 'Europe/Berlin' }],
      concurrency: 'queue',
      auto: { delay_seconds: 3600, zone: 'UTC' },
      test: { commands: ['npm run smoke'], secrets: ['KEY'], timeout_seconds: 600 },
    });
  });

  test('changes what an earlier one has set, and the rerun of that one changes it no more', async () => {
    const early = await scene.built({ test: { target: TARGET } });
    const late = await scene.built({ test: { target: TARGET, variables: { A: 'b' } } });

    await scene.rerun(early.id);
    const { owner, variables } = await scene.show('test');

    expect(owner).toMatchObject({ build: late.id });
    expect(variables).toEqual({ A: 'b' });
  });

  test('leaves to the API what it names no more, and deletes nothing', async () => {
    await scene.built({ test: { target: TARGET } });
    await scene.built(undefined);

    expect((await scene.show('test')).owner).toEqual({ kind: 'api' });
    expect((await scene.put('test', { target: TARGET })).owner).toEqual({ kind: 'api' });
  });

  test('leaves what the API owns as it is', async () => {
    await scene.put('test', { target: TARGET });
    await scene.built({ test: { target: TARGET, variables: { A: 'b' } } });

    expect(await scene.show('test')).toMatchObject({ owner: { kind: 'api' }, variables: {} });
  });

  test.each([
    ['another branch', { git_ref: 'feature' }],
    ['a tag', { git_ref: 'refs/tags/v1' }],
    ['no branch', { git_ref: undefined }],
    ['a fork', { trust: 'fork' as const }],
  ])('is meant: one of %s sets nothing', async (_, input) => {
    await scene.built({ test: { target: TARGET } }, { input });

    expect(await scene.names()).toEqual([]);
  });

  test('that somebody asked for who may not set environments sets none', async () => {
    await scene.built({ test: { target: TARGET } }, { actor: { ...ADMIN, role: 'deployer' } });

    expect(await scene.names()).toEqual([]);
  });

  test.each([
    ['that is not there', { after: ['nowhere'] }, 'environments.test: '],
    [
      'with a runtime of another installation',
      { target: { ...TARGET, runtime: 'cobol' } },
      'environments.test.target.runtime: ',
    ],
  ])('fails its plan by an environment %s', async (_, more, message) => {
    const { latest_run: run } = await scene.built({ test: { target: TARGET, ...more } });

    expect(run).toMatchObject({ status: 'failed', error: { code: 'manifest_error' } });
    expect(run?.error?.message).toContain(message);
  });
});

test('the manifest can say all that a request can, so that handing over loses nothing', () => {
  const written = Object.keys(ManifestEnvironment.shape);

  expect(SETTINGS.map((name) => name.replace(/_seconds$/, '')).toSorted()).toEqual(written.toSorted());
});

describe('an environment of the manifest', () => {
  beforeEach(() => scene.built({ test: { target: TARGET } }));

  test('is neither changed nor deleted by requests', async () => {
    expect(await refusal(scene.put('test', { target: TARGET }))).toBe('environment_owned');
    expect(await refusal(scene.put('test', { target: TARGET, owner: 'manifest' }))).toBe('environment_owned');
    expect(await refusal(Environment.remove(scene.place.ports, scene.place.project, 'test'))).toBe(
      'environment_owned',
    );
  });

  test('is taken over by a request that says so, and handed back', async () => {
    const taken = await scene.put('test', { target: TARGET, owner: 'api', variables: { A: 'b' } });
    await scene.built({ test: { target: TARGET } });
    const kept = await scene.show('test');
    const handed = await scene.put('test', { target: TARGET, owner: 'manifest' });
    await scene.built({ test: { target: TARGET, variables: { C: 'd' } } });

    expect([taken.owner, kept.owner, handed.owner]).toEqual([
      { kind: 'api' },
      { kind: 'api' },
      { kind: 'manifest' },
    ]);
    expect(kept.variables).toEqual({ A: 'b' });
    expect(await scene.show('test')).toMatchObject({ owner: { commit: SHA }, variables: { C: 'd' } });
  });
});
