import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { claim } from '../../../lib/domain/deployment/jobs/claim.ts';
import { jobEnded } from '../../../lib/domain/deployment/jobs/ended.ts';
import { startJob } from '../../../lib/domain/deployment/jobs/start.ts';
import { jobState, waitForEnd } from '../../../lib/domain/deployment/jobs/state.ts';
import { stopJobs } from '../../../lib/domain/deployment/jobs/stop.ts';
import { deployments } from '../../../lib/domain/deployment/record.ts';
import type { Deployment } from '../../../lib/domain/deployment/schema.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import { ofJob } from '../../../lib/domain/execution/secrets.ts';
import { WorkflowRefused } from '../../../lib/domain/ports/workflows.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import * as Secret from '../../../lib/domain/secret/index.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { sweep } from '../../../lib/domain/sweep/index.ts';
import { JobSettings } from '../../../lib/domain/target/command.ts';
import { readyToDeploy, TARGET } from '../deploying.ts';
import { ADMIN, holderOf, refusal, sha256Of, uploadedArtifact, type World } from '../world.ts';

const NAME = { purpose: 'deploy' } as const;
const SETTINGS = JobSettings.parse({ commands: ['helm upgrade'], secrets: ['KUBE_CONFIG'] });

let place: World;
let scene: Awaited<ReturnType<typeof readyToDeploy>>;
let deployment: Deployment;
beforeEach(async () => {
  scene = await readyToDeploy();
  ({ place } = scene);
  await scene.put({ target: TARGET, variables: { REGION: 'north' } });
  deployment = await scene.deploy();
});

const start = () => startJob(place.ports, deployment, NAME, SETTINGS, { STAITHE_URL: 'http://next' });
const state = () => jobState(place.ports, deployment.id, NAME);

function dispatchOf(runId: string): Dispatch {
  const [dispatch] = (place.ports.workflows.find('build', runId)?.input.jobs ?? []) as Dispatch[];
  return dispatch ?? expect.fail('Nothing was dispatched.');
}

async function claimed(runId: string) {
  const { job_id, ticket } = dispatchOf(runId);
  const work = await claim(place.ports, job_id, { ticket, claim_id: randomUUID() });
  return { work, actor: await holderOf(place, work), id: job_id };
}

describe('the job of a deployment', () => {
  test('gets the artifact and the release that are deployed, and the variables of the environment', async () => {
    const { work } = await claimed(await start());

    const bytes = place.ports.blobs.fetch(work.source?.url ?? '').bytes ?? '';
    expect(`sha256:${sha256Of(bytes)}`).toBe(deployment.digest);
    expect(work.source).toMatchObject({ format: 'zip', name: 'web.zip' });
    expect(work.release).toMatchObject({
      environment: 'test',
      deployment_id: deployment.id,
      digest: deployment.digest,
      release: { id: scene.release.id, version: '1.0.0' },
      artifacts: [{ service: 'web', digest: deployment.digest, kind: 'file' }],
      images: {},
    });
    expect(work.job).toMatchObject({ deployment_id: deployment.id, name: 'deploy' });
    expect(work.job.build_id).toBeUndefined();
    expect(work.job.spec.env).toMatchObject({
      REGION: 'north',
      STAITHE_ENVIRONMENT: 'test',
      STAITHE_DEPLOYMENT_ID: deployment.id,
      STAITHE_URL: 'http://next',
    });
  });

  test('tells outputs with its success, and ends its run', async () => {
    const runId = await start();
    expect(await state()).toMatchObject({ kind: 'running' });
    const { actor, id } = await claimed(runId);
    const outputs = { url: 'https://shop.example.com' };

    await Job.result(place.ports, actor, id, { status: 'completed', artifact_ids: [], outputs });

    expect(await state()).toEqual({ kind: 'succeeded', outputs });
    expect(await Run.get(place.ports, ADMIN, runId)).toMatchObject({
      status: 'completed',
      deployment_id: deployment.id,
    });
  });

  test('tells how its commands failed', async () => {
    const { actor, id } = await claimed(await start());
    const error = { code: 'build_error' as const, message: 'helm failed', last_lines: ['no cluster'] };

    await Job.result(place.ports, actor, id, { status: 'failed', error });

    expect(await state()).toMatchObject({ kind: 'failed', error });
  });

  test('makes no artifacts, and a build tells no outputs', async () => {
    const { actor, id, work } = await claimed(await start());
    const artifact = await uploadedArtifact(place, work);

    const report = { status: 'completed' as const, artifact_ids: [artifact] };
    expect(await refusal(Job.result(place.ports, actor, id, report))).toBe('wrong_state');
  });

  test('runs once, however often it is asked for', async () => {
    const ids = [await start(), ...(await Promise.all([start(), start()]))];

    expect(new Set(ids).size).toBe(1);
    expect(place.ports.workflows.executions.filter(({ workflow }) => workflow === 'build')).toHaveLength(2);
  });

  test('is on no list of builds', async () => {
    const runId = await start();

    const { items } = await place.ports.table.query({
      index: 'gsi1',
      partition: `RUNS#${deployment.id}`,
      limit: 10,
    });
    expect(items.map(({ id }) => id)).toEqual([runId]);
  });

  test('alone gets the secrets that it names, and each read is noted with its deployment', async () => {
    await Secret.put(place.ports, ADMIN, place.project, 'KUBE_CONFIG', { value: 'token: abc' });
    const { actor, id } = await claimed(await start());

    expect(await ofJob(place.ports, actor, id)).toEqual({
      secrets: { KUBE_CONFIG: 'token: abc' },
      missing: [],
    });

    const { items } = await Secret.reads(place.ports, place.project, 'KUBE_CONFIG', { limit: 10 });
    expect(items).toMatchObject([{ job_id: id, deployment_id: deployment.id }]);
  });

  test('waits for its turn in a project with a limit, and gives it on', async () => {
    await Project.update(place.ports, ADMIN, place.project.id, { max_concurrent_jobs: 1 });
    const first = await start();
    const next = await startJob(place.ports, deployment, { purpose: 'test' }, SETTINGS);
    expect([dispatchOf(first).queued, dispatchOf(next).queued]).toEqual([false, true]);

    const { actor, id } = await claimed(first);
    await Job.result(place.ports, actor, id, { status: 'completed', artifact_ids: [], outputs: {} });
    await jobEnded(place.ports, id);
    await deployments.update(place.ports.table, Keys.deployment(deployment.id), (value) => ({
      ...value,
      status: 'succeeded',
    }));

    const third = await startJob(place.ports, deployment, { purpose: 'test', round: 2 }, SETTINGS);
    expect(dispatchOf(third).queued).toBe(true);
  });

  test('that cannot be started for good has failed with the reason', async () => {
    place.ports.workflows.refusal = new WorkflowRefused('no such state machine');

    await start();

    expect(await state()).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringContaining('no such state machine') },
    });
  });

  test('that was recorded and never started is started by the sweep', async () => {
    place.ports.workflows.refusal = new Error('died here');
    await expect(start()).rejects.toThrow('died here');
    place.ports.workflows.refusal = undefined;
    place.ports.clock.advance(60_000);

    await sweep(place.ports);

    const { work } = await claimed(await start());
    expect(work.job.name).toBe('deploy');
  });

  test('ends with its time, also when nobody works at it', async () => {
    await start();
    place.ports.clock.advance((SETTINGS.timeout_seconds + 3601) * 1000);

    await sweep(place.ports);

    expect(await state()).toMatchObject({ kind: 'failed', error: { code: 'timeout_error' } });
  });
});

describe('who waits for its end', () => {
  const token = 'a-token';

  test('is woken by it', async () => {
    const { actor, id } = await claimed(await start());
    await waitForEnd(place.ports, deployment.id, NAME, token);
    await jobEnded(place.ports, id);
    expect(place.ports.workflows.woken).toEqual([]);

    await Job.result(place.ports, actor, id, { status: 'completed', artifact_ids: [], outputs: {} });
    await jobEnded(place.ports, id);

    expect(place.ports.workflows.woken).toEqual([token]);
  });

  test('is woken at once when it has ended, or never was', async () => {
    await waitForEnd(place.ports, deployment.id, NAME, token);
    expect(place.ports.workflows.woken).toEqual([token]);

    const { actor, id } = await claimed(await start());
    await Job.result(place.ports, actor, id, { status: 'completed', artifact_ids: [], outputs: {} });
    await waitForEnd(place.ports, deployment.id, NAME, 'another');

    expect(place.ports.workflows.woken).toEqual([token, 'another']);
  });
});

test('who waits is woken at once when the deployment is cancelled, whatever its job does', async () => {
  await start();
  await deployments.update(place.ports.table, Keys.deployment(deployment.id), (value) => ({
    ...value,
    cancelled_by: 'anna',
  }));

  await waitForEnd(place.ports, deployment.id, NAME, 'a-token');

  expect(place.ports.workflows.woken).toEqual(['a-token']);
});

test('a stop ends the jobs and their workflows, and what has ended stays so', async () => {
  const runId = await start();
  const testId = await startJob(place.ports, deployment, { purpose: 'test' }, SETTINGS);

  await stopJobs(place.ports, deployment, 'cancelled');
  await stopJobs(place.ports, deployment, 'cancelled');

  for (const id of [runId, testId]) expect(place.ports.workflows.find('build', id)?.status).toBe('stopped');
  expect(await state()).toMatchObject({ kind: 'failed', error: { code: 'cancelled' } });
});
