import { beforeEach, describe, expect, test } from 'vitest';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import { rollBack } from '../../lib/domain/deployment/roll-back.ts';
import { apply, ready } from '../../lib/domain/deployment/steps.ts';
import { TargetError } from '../../lib/domain/ports/targets.ts';
import { LambdaTarget } from '../../lib/domain/target/lambda.ts';
import { runDeployment } from '../workflows/deployment.ts';
import { deployable, TARGET } from './deploying.ts';
import { refusal, STRANGER, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof deployable>>;
beforeEach(async () => {
  scene = await deployable();
  ({ place } = scene);
});

const ALIAS = 'staithe-test';

describe('a deployment', () => {
  test('puts the digest of the release behind the alias of the environment', async () => {
    const { release: cut, deployment } = await scene.deployed('one');

    expect(deployment).toMatchObject({ status: 'succeeded', target_version: '1', release_id: cut.id });
    expect(deployment.previous_version).toBeUndefined();
    expect(place.ports.functions.served('hello', ALIAS)).toBe(cut.artifacts[0]?.digest);
    expect(await scene.environment()).toMatchObject({
      current_release_id: cut.id,
      current_deployment_id: deployment.id,
      url: deployment.url,
    });
    expect((await scene.environment()).active_deployment_id).toBeUndefined();
    expect(place.ports.probe.asked).toEqual([deployment.url]);
  });

  test('waits until the function has taken the change', async () => {
    place.ports.functions.settling = 3;

    expect((await scene.deployed('one')).deployment.status).toBe('succeeded');
  });

  test('asks the health path of the environment', async () => {
    await scene.put({ target: TARGET, health_path: '/health?deep=1' });

    const { deployment } = await scene.deployed('one');

    expect(place.ports.probe.asked).toEqual([new URL('/health?deep=1', deployment.url).href]);
  });

  test('that does not answer goes back to the version before', async () => {
    const { release: good } = await scene.deployed('one');
    place.ports.probe.answer = { status: 503 };

    const { deployment } = await scene.deployed('two');

    expect(deployment).toMatchObject({
      status: 'rolled_back',
      previous_version: '1',
      target_version: '2',
      error: { message: expect.stringContaining('503'), hint: expect.stringContaining('Version 1') },
    });
    expect(place.ports.functions.served('hello', ALIAS)).toBe(good.artifacts[0]?.digest);
    expect(await scene.environment()).toMatchObject({ current_release_id: good.id });
    expect((await scene.environment()).active_deployment_id).toBeUndefined();
  });

  test('that leads to a sign-in page is not healthy, unless that is said to be right', async () => {
    place.ports.probe.answer = { status: 302, location: '/login' };
    const { deployment } = await scene.deployed('one');
    await scene.put({ target: TARGET, health_status: [200, 302] });

    const { deployment: allowed } = await scene.deployed('two');

    expect(deployment).toMatchObject({
      status: 'failed',
      error: {
        message: expect.stringMatching(
          /302 \(to \/login\); a status from 200 to 299 was expected.*health_status/,
        ),
      },
    });
    expect(allowed.status).toBe('succeeded');
  });

  test('that does not answer at all tells why', async () => {
    await scene.deployed('one');
    place.ports.probe.answer = { failure: 'connection refused' };

    expect((await scene.deployed('two')).deployment.error?.message).toContain('connection refused');
  });

  test('that is the first and does not answer has failed, as there is no way back', async () => {
    place.ports.probe.answer = { status: 500 };

    const { deployment } = await scene.deployed('one');

    expect(deployment.status).toBe('failed');
    expect((await scene.environment()).current_release_id).toBeUndefined();
    expect((await scene.environment()).active_deployment_id).toBeUndefined();
  });

  test.each(['prepare', 'publish', 'ask', 'shift'] as const)(
    'whose %s is refused ends, frees the environment, and the next one goes',
    async (call) => {
      await scene.deployed('one');
      place.ports.functions.failures[call] = new TargetError('Lambda refused it.');
      const cut = await scene.release('two');
      const { id } = await scene.deploy(cut.id);
      // A roll back that cannot move the alias is tried again by the workflow.
      await runDeployment(place.ports, id).catch(() => undefined);
      delete place.ports.functions.failures[call];
      await rollBack(place.ports, id, 'Lambda refused it.');

      const { release: next, deployment } = await scene.deployed('three');

      expect(['failed', 'rolled_back']).toContain((await scene.show(id)).status);
      expect(deployment.status).toBe('succeeded');
      expect(place.ports.functions.served('hello', ALIAS)).toBe(next.artifacts[0]?.digest);
    },
  );

  test('to a function that somebody else made is refused', async () => {
    place.ports.functions.plant('hello');

    const { deployment } = await scene.deployed('one');

    expect(deployment).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('staithe:project') },
    });
  });

  test('whose code was changed by others meanwhile is not published', async () => {
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);
    place.ports.functions.settling = 100;
    await apply(place.ports, id);
    place.ports.functions.settling = 0;
    const other = await scene.release('two');
    const { project } = place;
    const digest = other.artifacts[0]?.digest ?? '';
    await place.ports.functions.prepare({
      deploymentId: id,
      environment: 'test',
      target: LambdaTarget.parse((await scene.environment()).target),
      variables: {},
      projectId: project.id,
      artifact: { key: `projects/${project.id}/artifacts/${digest.slice('sha256:'.length)}`, digest },
    });
    await expect(ready(place.ports, id)).rejects.toThrow(TargetError);
  });

  test('keeps the configuration that it began with', async () => {
    await scene.put({ target: TARGET, variables: { MODE: 'old' } });
    const cut = await scene.release('one');
    const { id } = await scene.deploy(cut.id);
    await scene.put({ target: TARGET, variables: { MODE: 'new' } });

    await runDeployment(place.ports, id);

    expect(place.ports.functions.find('hello')?.variables).toEqual({ MODE: 'old' });
    expect(await scene.environment()).toMatchObject({
      variables: { MODE: 'new' },
      current_release_id: cut.id,
    });
  });
});

test('deployments are listed newest first, and hidden from strangers', async () => {
  const first = await scene.deployed('one');
  const second = await scene.deployed('two');

  const listed = await Deployment.list(place.ports, [place.project], { environment: 'test', limit: 10 });

  expect(listed.items.map(({ id }) => id)).toEqual([second.deployment.id, first.deployment.id]);
  expect(await refusal(Deployment.get(place.ports, STRANGER, first.deployment.id))).toBe('not_found');
  expect(
    await refusal(Deployment.list(place.ports, [place.project], { environment: 'none', limit: 1 })),
  ).toBe('not_found');
});
