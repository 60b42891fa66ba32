import { beforeEach, describe, expect, test } from 'vitest';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import { rollBack } from '../../lib/domain/deployment/roll-back.ts';
import { apply, end, shift, succeed, verify } from '../../lib/domain/deployment/steps.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import { TargetError } from '../../lib/domain/ports/functions.ts';
import { WorkflowBusy, WorkflowRefused } from '../../lib/domain/ports/workflows.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { runDeployment } from '../workflows/deployment.ts';
import {
  ADMIN,
  agentOf,
  claimed,
  completedBuild,
  ONE_SERVICE,
  planRun,
  refusal,
  STRANGER,
  startedBuild,
  TWO_SERVICES,
  ULID,
  uploadedArtifact,
  type World,
  world,
} from './world.ts';

const TARGET = { kind: 'lambda', function_name: 'hello' };
const ALIAS = 'staithe-test';

let place: World;
beforeEach(async () => {
  place = await world();
  await put({ target: TARGET });
});
const put = (input: unknown, name = 'test') =>
  Environment.put(place.ports, place.project, name, PutEnvironment.parse(input));
const environment = async () => (await Environment.read(place.ports, place.project, 'test')).value;
let versions = 0;
const release = async (text: string, manifest = ONE_SERVICE) => {
  const { build } = await completedBuild(place, manifest, text);
  return Release.create(place.ports, ADMIN, place.project, {
    build_id: build.id,
    version: `1.0.${++versions}`,
  });
};
const deploy = (ref: string, seed?: string) =>
  Deployment.create(place.ports, ADMIN, place.project, 'test', { release: ref }, seed);
const show = (id: string) => Deployment.get(place.ports, ADMIN, id);
const runSteps = (id: string) => runDeployment(place.ports, id);
async function deployed(text: string) {
  const cut = await release(text);
  const { id } = await deploy(cut.id);
  await runSteps(id);
  return { release: cut, deployment: await show(id) };
}

describe('a deployment', () => {
  test('puts the digest of the release behind the alias of the environment', async () => {
    const { release: cut, deployment } = await deployed('one');

    expect(deployment).toMatchObject({ status: 'succeeded', function_version: '1', release_id: cut.id });
    expect(deployment.previous_version).toBeUndefined();
    expect(place.ports.functions.served('hello', ALIAS)).toBe(cut.artifacts[0]?.digest);
    expect(await environment()).toMatchObject({
      current_release_id: cut.id,
      current_deployment_id: deployment.id,
      preview_url: deployment.preview_url,
    });
    expect((await environment()).active_deployment_id).toBeUndefined();
    expect(place.ports.probe.asked).toEqual([deployment.preview_url]);
  });

  test('waits until the function has taken the change', async () => {
    place.ports.functions.settling = 3;

    expect((await deployed('one')).deployment.status).toBe('succeeded');
  });

  test('asks the health path of the environment', async () => {
    await put({ target: TARGET, health_path: '/health?deep=1' });

    const { deployment } = await deployed('one');

    expect(place.ports.probe.asked).toEqual([new URL('/health?deep=1', deployment.preview_url).href]);
  });

  test('that does not answer goes back to the version before', async () => {
    const { release: good } = await deployed('one');
    place.ports.probe.answer = { status: 503 };

    const { deployment } = await deployed('two');

    expect(deployment).toMatchObject({
      status: 'rolled_back',
      previous_version: '1',
      function_version: '2',
      error: { message: expect.stringContaining('503'), hint: expect.stringContaining('Version 1') },
    });
    expect(place.ports.functions.served('hello', ALIAS)).toBe(good.artifacts[0]?.digest);
    expect(await environment()).toMatchObject({ current_release_id: good.id });
    expect((await environment()).active_deployment_id).toBeUndefined();
  });

  test('that leads to a sign-in page is not healthy, unless that is said to be right', async () => {
    place.ports.probe.answer = { status: 302, location: '/login' };
    const { deployment } = await deployed('one');
    await put({ target: TARGET, health_status: [200, 302] });

    const { deployment: allowed } = await deployed('two');

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
    await deployed('one');
    place.ports.probe.answer = { failure: 'connection refused' };

    expect((await deployed('two')).deployment.error?.message).toContain('connection refused');
  });

  test('that is the first and does not answer has failed, as there is no way back', async () => {
    place.ports.probe.answer = { status: 500 };

    const { deployment } = await deployed('one');

    expect(deployment.status).toBe('failed');
    expect((await environment()).current_release_id).toBeUndefined();
    expect((await environment()).active_deployment_id).toBeUndefined();
  });

  test.each(['apply', 'publish', 'moveAlias'] as const)(
    'whose %s is refused ends, frees the environment, and the next one goes',
    async (call) => {
      await deployed('one');
      place.ports.functions.failures[call] = new TargetError('Lambda refused it.');
      const cut = await release('two');
      const { id } = await deploy(cut.id);
      // A roll back that cannot move the alias is tried again by the workflow.
      await runSteps(id).catch(() => undefined);
      delete place.ports.functions.failures[call];
      await rollBack(place.ports, id, 'Lambda refused it.');

      const { release: next, deployment } = await deployed('three');

      expect(['failed', 'rolled_back']).toContain((await show(id)).status);
      expect(deployment.status).toBe('succeeded');
      expect(place.ports.functions.served('hello', ALIAS)).toBe(next.artifacts[0]?.digest);
    },
  );

  test('to a function that somebody else made is refused', async () => {
    place.ports.functions.plant('hello');

    const { deployment } = await deployed('one');

    expect(deployment).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('staithe:project') },
    });
  });

  test('whose code was changed by others meanwhile is not published', async () => {
    const cut = await release('one');
    const { id } = await deploy(cut.id);
    await apply(place.ports, id);
    const other = await release('two');
    const { project } = place;
    const [artifact] = other.artifacts;
    await place.ports.functions.apply({
      target: (await environment()).target,
      variables: {},
      projectId: project.id,
      blobKey: `projects/${project.id}/artifacts/${artifact?.digest.slice('sha256:'.length)}`,
      digest: artifact?.digest ?? '',
    });

    await expect(shift(place.ports, id)).rejects.toThrow(TargetError);
  });

  test('keeps the configuration that it began with', async () => {
    await put({ target: TARGET, variables: { MODE: 'old' } });
    const cut = await release('one');
    const { id } = await deploy(cut.id);
    await put({ target: TARGET, variables: { MODE: 'new' } });

    await runSteps(id);

    expect(place.ports.functions.find('hello')?.variables).toEqual({ MODE: 'old' });
    expect(await environment()).toMatchObject({ variables: { MODE: 'new' }, current_release_id: cut.id });
  });
});

describe('an environment', () => {
  test('admits one deployment at a time', async () => {
    const cut = await release('one');
    const { id } = await deploy(cut.id);

    expect(await refusal(deploy(cut.id))).toBe('deployment_in_progress');
    await runSteps(id);
    expect((await deploy(cut.id)).status).toBe('pending');
  });

  test('of many deployments at once admits one', async () => {
    const cut = await release('one');

    const all = await Promise.allSettled(Array.from({ length: 5 }, () => deploy(cut.id)));

    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(place.ports.workflows.executions.filter(({ workflow }) => workflow === 'deployment')).toHaveLength(
      1,
    );
  });

  test('is not forgotten while a deployment is under way', async () => {
    const { id } = await deploy((await release('one')).id);

    const early = await refusal(Environment.remove(place.ports, place.project, 'test'));
    await runSteps(id);
    await Environment.remove(place.ports, place.project, 'test');

    expect(early).toBe('environment_in_use');
    expect(await refusal(environment())).toBe('not_found');
    expect((await show(id)).status).toBe('succeeded');
    expect(place.ports.functions.find('hello')).toBeDefined();
  });

  test('changed or created by many at once is one environment', async () => {
    await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        put({ target: { ...TARGET, function_name: 'fresh', memory_mb: 128 + n } }, 'fresh'),
      ),
    );

    const listed = await Environment.list(place.ports, place.project, { limit: 10 });

    expect(listed.items.map(({ name }) => name)).toEqual(['fresh', 'test']);
  });

  test('loses its service when it is set without one', async () => {
    await put({ target: TARGET, service: 'web' });
    await put({ target: TARGET });

    expect((await environment()).service).toBeUndefined();
  });
});

describe('which artifact is deployed', () => {
  test('is the one of the environment’s service', async () => {
    await put({ target: TARGET, service: 'api' });

    const deployment = await deploy((await release('x', TWO_SERVICES)).id);

    expect(deployment.service).toBe('api');
  });

  test.each([undefined, 'db'])(
    'is refused when the release has several and the environment names %s',
    async (service) => {
      await put({ target: TARGET, ...(service && { service }) });
      const cut = await release('x', TWO_SERVICES);

      expect(await refusal(deploy(cut.id))).toBe('service_unknown');
      expect((await environment()).active_deployment_id).toBeUndefined();
    },
  );

  test('is refused when it is no zip', async () => {
    const { build, run } = await startedBuild(place);
    for (const dispatch of (await planRun(place, run.id)).jobs) {
      const work = await claimed(place, dispatch);
      const id = await uploadedArtifact(place, work, 'text', 'notes.txt', 'text/plain');
      await Job.result(place.ports, agentOf(work), work.job.id, { status: 'completed', artifact_ids: [id] });
    }
    await finish(place.ports, run.id);
    const cut = await Release.create(place.ports, ADMIN, place.project, { build_id: build.id, tag: 'text' });

    expect(await refusal(deploy(cut.id))).toBe('artifact_not_deployable');
  });

  test('is of a release of the project, by any of its names', async () => {
    const cut = await release('one');

    expect((await deploy('latest')).release_id).toBe(cut.id);
    expect(await refusal(deploy('v9'))).toBe('not_found');
  });
});

describe('a deployment asked for again', () => {
  test('by the repeat of a request is the same one, under way or ended', async () => {
    const cut = await release('one');
    const first = await deploy(cut.id, ULID);
    const during = await deploy(cut.id, ULID);
    await runSteps(first.id);

    const after = await deploy(cut.id, ULID);

    expect([during.id, after.id]).toEqual([first.id, first.id]);
    expect(after.status).toBe('succeeded');
    expect(place.ports.workflows.executions.filter(({ workflow }) => workflow === 'deployment')).toHaveLength(
      1,
    );
  });

  test('after a crash before its workflow was started starts it', async () => {
    const cut = await release('one');
    const crash = { ...place.ports.workflows, start: () => new Promise<never>(() => undefined) };
    void Deployment.create(
      { ...place.ports, workflows: crash },
      ADMIN,
      place.project,
      'test',
      { release: cut.id },
      ULID,
    );
    await expect.poll(async () => (await environment()).active_deployment_id).toBeDefined();

    const again = await deploy(cut.id, ULID);

    expect(place.ports.workflows.find('deployment', again.id)?.status).toBe('running');
  });

  test('whose workflow cannot be started at the moment is pending: others start it', async () => {
    const cut = await release('one');
    place.ports.workflows.refusal = new WorkflowBusy('ThrottlingException: Rate exceeded');

    const { id, status } = await deploy(cut.id);

    expect(status).toBe('pending');
    expect(await show(id)).toMatchObject({ status: 'pending' });
  });

  test('whose workflow is refused has failed, says why, and frees the environment', async () => {
    const cut = await release('one');
    place.ports.workflows.refusal = new WorkflowRefused('AccessDeniedException: no');

    await expect(deploy(cut.id)).rejects.toThrow('AccessDeniedException');
    place.ports.workflows.refusal = undefined;

    const [failed] = (await Deployment.list(place.ports, [place.project], { environment: 'test', limit: 1 }))
      .items;
    expect(failed).toMatchObject({
      status: 'failed',
      error: { message: 'The deployment workflow could not be started: AccessDeniedException: no' },
    });
    expect((await deploy(cut.id)).status).toBe('pending');
  });
});

describe('steps that are repeated or come late', () => {
  test('each twice give the same end as each once', async () => {
    const cut = await release('one');
    const { id } = await deploy(cut.id);
    for (const step of [apply, apply, shift, shift, verify, verify, succeed, succeed])
      await step(place.ports, id);

    expect((await show(id)).status).toBe('succeeded');
    expect(place.ports.functions.find('hello')?.versions).toHaveLength(1);
  });

  test('after the end change nothing, and the environment stays free', async () => {
    const { deployment, release: cut } = await deployed('one');

    for (const step of [apply, shift])
      await expect(step(place.ports, deployment.id)).rejects.toThrow(TargetError);
    await succeed(place.ports, deployment.id);
    await rollBack(place.ports, deployment.id, 'late');
    await end(place.ports, deployment.id, { status: 'failed' });

    expect(await show(deployment.id)).toEqual(deployment);
    expect(await environment()).toMatchObject({ current_release_id: cut.id });
    expect(place.ports.functions.served('hello', ALIAS)).toBe(cut.artifacts[0]?.digest);
  });

  test('a workflow that died fails the deployment and frees the environment, in whichever state', async () => {
    const cut = await release('one');
    for (const steps of [[], [apply], [apply, shift]]) {
      const { id } = await deploy(cut.id);
      for (const step of steps) await step(place.ports, id);

      await end(place.ports, id, { status: 'failed', error: { message: 'The workflow died.' } });

      expect((await show(id)).status).toBe('failed');
      expect((await environment()).active_deployment_id).toBeUndefined();
    }
  });

  test('an end that crashed before it freed the environment frees it when it is repeated', async () => {
    const cut = await release('one');
    const { id } = await deploy(cut.id);
    const table = {
      ...place.ports.table,
      write: async (write: Parameters<typeof place.ports.table.write>[0]) => {
        if ('put' in write && write.put.entity === 'environment') throw new Error('crash');
        await place.ports.table.write(write);
      },
    };
    await expect(end({ ...place.ports, table }, id, { status: 'failed' })).rejects.toThrow('crash');

    await end(place.ports, id, { status: 'failed' });

    expect((await environment()).active_deployment_id).toBeUndefined();
  });
});

test('deployments are listed newest first, and hidden from strangers', async () => {
  const first = await deployed('one');
  const second = await deployed('two');

  const listed = await Deployment.list(place.ports, [place.project], { environment: 'test', limit: 10 });

  expect(listed.items.map(({ id }) => id)).toEqual([second.deployment.id, first.deployment.id]);
  expect(await refusal(Deployment.get(place.ports, STRANGER, first.deployment.id))).toBe('not_found');
  expect(
    await refusal(Deployment.list(place.ports, [place.project], { environment: 'none', limit: 1 })),
  ).toBe('not_found');
});
