/** Environments that a manifest sets. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenActor } from '../../lib/domain/access/actor.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import { ADMIN, planRun, refusal, uploadedSource, type World, world } from './world.ts';

const SHA = 'c0ffee1'.padEnd(40, '0');
const TARGET = { kind: 'lambda', function_name: 'shop' };
/** Environments as JSON, which is YAML too. */
const manifest = (environments: unknown) => JSON.stringify({ services: { web: {} }, environments });
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
};

let place: World;
beforeEach(async () => {
  place = await world();
});

interface Asked {
  readonly input?: Partial<CreateBuild>;
  readonly actor?: TokenActor;
}

async function built(environments: unknown, { input = {}, actor = ADMIN }: Asked = {}) {
  place.ports.clock.advance(1000);
  const source_id = await uploadedSource(place, { 'staithe.yaml': manifest(environments) });
  const body = CreateBuild.parse({ source_id, git_ref: 'main', git_sha: SHA, force_rebuild: true, ...input });
  const build = await Build.create(place.ports, actor, place.project, body);
  if (build.latest_run === null) throw new Error('The build has no run.');
  await planRun(place, build.latest_run.id);
  return Build.show(place.ports, ADMIN, build.id);
}
const names = async () => (await Environment.all(place.ports, place.project)).map(({ name }) => name);
const show = async (name: string) => (await Environment.read(place.ports, place.project, name)).value;
const put = (name: string, input: object) =>
  Environment.put(place.ports, place.project, name, PutEnvironment.parse(input), ADMIN);

describe('a build of the default branch', () => {
  test('sets the environments of its manifest, each after those that it comes after', async () => {
    const { id } = await built({ production: RULES, test: { target: TARGET } });

    expect(await show('production')).toMatchObject({
      owner: { kind: 'manifest', build: id, commit: SHA },
      target: { timeout_seconds: 20, steps: [{ percent: 10, bake_seconds: 300 }] },
      variables: { GREETING: 'Ahoy' },
      after: ['test'],
      soak_seconds: 2 * 86_400,
      approvals: { required: 2, self: false, expires_seconds: 4 * 3600 },
      freeze: [{ every_week: true, from: 'fri 16:00', to: 'mon 08:00', zone: 'Europe/Berlin' }],
      concurrency: 'queue',
      auto: { delay_seconds: 3600, zone: 'UTC' },
    });
  });

  test('changes what an earlier one has set, and the rerun of that one changes it no more', async () => {
    const early = await built({ test: { target: TARGET } });
    const late = await built({ test: { target: TARGET, variables: { A: 'b' } } });

    await planRun(place, early.latest_run?.id ?? '');
    const { owner, variables } = await show('test');

    expect(owner).toMatchObject({ build: late.id });
    expect(variables).toEqual({ A: 'b' });
  });

  test('leaves to the API what it names no more, and deletes nothing', async () => {
    await built({ test: { target: TARGET } });
    await built(undefined);

    expect((await show('test')).owner).toEqual({ kind: 'api' });
    expect((await put('test', { target: TARGET })).owner).toEqual({ kind: 'api' });
  });

  test('leaves what the API owns as it is', async () => {
    await put('test', { target: TARGET });
    await built({ test: { target: TARGET, variables: { A: 'b' } } });

    expect(await show('test')).toMatchObject({ owner: { kind: 'api' }, variables: {} });
  });

  test.each([
    ['another branch', { git_ref: 'feature' }],
    ['a tag', { git_ref: 'refs/tags/v1' }],
    ['no branch', { git_ref: undefined }],
    ['a fork', { trust: 'fork' as const }],
  ])('is meant: one of %s sets nothing', async (_, input) => {
    await built({ test: { target: TARGET } }, { input });

    expect(await names()).toEqual([]);
  });

  test('that somebody asked for who may not set environments sets none', async () => {
    await built({ test: { target: TARGET } }, { actor: { ...ADMIN, role: 'deployer' } });

    expect(await names()).toEqual([]);
  });

  test.each([
    ['that is not there', { after: ['nowhere'] }, 'environments.test: '],
    [
      'with a runtime of another installation',
      { target: { ...TARGET, runtime: 'cobol' } },
      'environments.test.target.runtime: ',
    ],
  ])('fails its plan by an environment %s', async (_, more, message) => {
    const { latest_run: run } = await built({ test: { target: TARGET, ...more } });

    expect(run).toMatchObject({ status: 'failed', error: { code: 'manifest_error' } });
    expect(run?.error?.message).toContain(message);
  });
});

describe('an environment of the manifest', () => {
  beforeEach(() => built({ test: { target: TARGET } }));

  test('is neither changed nor deleted by requests', async () => {
    expect(await refusal(put('test', { target: TARGET }))).toBe('environment_owned');
    expect(await refusal(put('test', { target: TARGET, owner: 'manifest' }))).toBe('environment_owned');
    expect(await refusal(Environment.remove(place.ports, place.project, 'test'))).toBe('environment_owned');
  });

  test('is taken over by a request that says so, and handed back', async () => {
    const taken = await put('test', { target: TARGET, owner: 'api', variables: { A: 'b' } });
    await built({ test: { target: TARGET } });
    const kept = await show('test');
    const handed = await put('test', { target: TARGET, owner: 'manifest' });
    await built({ test: { target: TARGET, variables: { C: 'd' } } });

    expect([taken.owner, kept.owner, handed.owner]).toEqual([
      { kind: 'api' },
      { kind: 'api' },
      { kind: 'manifest' },
    ]);
    expect(kept.variables).toEqual({ A: 'b' });
    expect(await show('test')).toMatchObject({ owner: { commit: SHA }, variables: { C: 'd' } });
  });
});
