import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { cancel } from '../../../lib/domain/deployment/cancel.ts';
import { claim } from '../../../lib/domain/deployment/jobs/claim.ts';
import { idsOf } from '../../../lib/domain/deployment/jobs/job.ts';
import type { Purpose } from '../../../lib/domain/deployment/jobs/purpose.ts';
import { rollBackTo } from '../../../lib/domain/deployment/restore.ts';
import { rollBack } from '../../../lib/domain/deployment/roll-back.ts';
import { apply, ready, shift, verify } from '../../../lib/domain/deployment/steps.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import type { ReportResult } from '../../../lib/domain/execution/model/job.ts';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { deployable } from '../deploying.ts';
import { ADMIN, holderOf, type World } from '../world.ts';

const COMMANDS = { kind: 'command', commands: ['helm upgrade --install shop .'] };
const FUNCTION = { kind: 'lambda', function_name: 'hello' };
const TEST = { commands: ['sh smoke-test.sh'], timeout_seconds: 600 };

let place: World;
let scene: Awaited<ReturnType<typeof deployable>>;
beforeEach(async () => {
  scene = await deployable();
  ({ place } = scene);
});

async function agentOf(deploymentId: string, purpose: Purpose) {
  const { run } = idsOf(deploymentId, { purpose });
  const [dispatch] = (place.ports.workflows.find('build', run)?.input.jobs ?? []) as Dispatch[];
  if (dispatch === undefined) throw new Error(`There is no job to ${purpose}.`);
  const { job_id: id, ticket } = dispatch;
  const work = await claim(place.ports, id, { ticket, claim_id: randomUUID() });
  const actor = await holderOf(place, work);
  return { work, report: (result: ReportResult) => Job.result(place.ports, actor, id, result) };
}

const succeeded = (outputs = {}): ReportResult => ({ status: 'completed', artifact_ids: [], outputs });
const failed: ReportResult = {
  status: 'failed',
  error: { code: 'build_error', message: 'Command 1 of 1 failed with exit code 3.', last_lines: ['no'] },
};

/** What the workflow does with a step that was refused. */
async function refused(id: string, step: Promise<unknown>): Promise<void> {
  const error = await step.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TargetError);
  await rollBack(place.ports, id, error instanceof Error ? error.message : '');
}

async function deploying(more: object = { target: COMMANDS }) {
  await scene.put(more);
  const release = await scene.release('one');
  const { id } = await scene.deploy(release.id);
  return { id, release, begun: await apply(place.ports, id) };
}

describe('a target of commands', () => {
  test('has succeeded when its job has, with what that told', async () => {
    const { id, begun } = await deploying();
    expect(begun).toEqual({ ready: false, job: 'deploy' });
    expect(await ready(place.ports, id)).toEqual({ ready: false, job: 'deploy' });
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded({ url: 'https://shop.example.com', revision: '7' }));

    expect(await ready(place.ports, id)).toEqual({ ready: true });
    await shift(place.ports, id);
    await verify(place.ports, id);

    expect(await scene.show(id)).toMatchObject({
      status: 'succeeded',
      target_version: idsOf(id, { purpose: 'deploy' }).run,
      url: 'https://shop.example.com',
      outputs: { revision: '7' },
    });
    expect(await scene.environment()).toMatchObject({ url: 'https://shop.example.com' });
  });

  test('fails with its commands: their message, and their last lines', async () => {
    const { id } = await deploying();
    const { report } = await agentOf(id, 'deploy');
    await report(failed);

    await refused(id, ready(place.ports, id));

    const { status, error } = await scene.show(id);
    expect(status).toBe('failed');
    expect(error).toMatchObject({ message: expect.stringContaining('exit code 3'), last_lines: ['no'] });
    expect(error?.hint).toContain(`staithe deployment logs ${id}`);
  });

  test('that tells no URL is not asked', async () => {
    const { id } = await deploying();
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded());

    for (const step of [ready, shift, verify]) await step(place.ports, id);

    expect(await scene.show(id)).toMatchObject({ status: 'succeeded', checks: [] });
  });

  test('does not tell what is no URL', async () => {
    const { id } = await deploying();
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded({ url: 'javascript:alert(1)' }));

    await ready(place.ports, id);
    await refused(id, shift(place.ports, id));

    expect(await scene.show(id)).toMatchObject({ status: 'failed' });
  });

  test('steps may be repeated', async () => {
    const { id } = await deploying();
    await apply(place.ports, id);
    const { report } = await agentOf(id, 'deploy');
    await report(succeeded());

    for (const step of [apply, ready, ready, shift, shift, verify, verify]) await step(place.ports, id);

    expect((await scene.show(id)).status).toBe('succeeded');
  });

  test('is cancelled with its machine', async () => {
    const { id } = await deploying();

    await cancel(place.ports, ADMIN, id, 'wrong release');

    const { run } = idsOf(id, { purpose: 'deploy' });
    expect(place.ports.workflows.find('build', run)?.status).toBe('stopped');
    await refused(id, ready(place.ports, id));
    expect((await scene.show(id)).status).toBe('cancelled');
  });

  test('is rolled back by running with the earlier release', async () => {
    const one = await deploying();
    await (await agentOf(one.id, 'deploy')).report(succeeded());
    for (const step of [ready, shift, verify]) await step(place.ports, one.id);
    const two = await deploying();
    await (await agentOf(two.id, 'deploy')).report(succeeded());
    for (const step of [ready, shift, verify]) await step(place.ports, two.id);

    const back = await rollBackTo(place.ports, ADMIN, place.project, 'test', {});
    expect(await apply(place.ports, back.id)).toEqual({ ready: false, job: 'deploy' });

    const { work } = await agentOf(back.id, 'deploy');
    expect(work.release?.release.id).toBe(one.release.id);
  });
});

describe('the test of a new version', () => {
  const WITH_TEST = { target: FUNCTION, test: TEST };

  test('runs against it before it has traffic, and its result is kept', async () => {
    const { id, begun } = await deploying(WITH_TEST);
    expect(begun).toEqual({ ready: false, job: 'test' });
    expect(place.ports.functions.moves).toEqual([]);
    const { work, report } = await agentOf(id, 'test');
    expect(work.job.spec.env).toMatchObject({ STAITHE_VERSION: '1' });
    await report(succeeded());

    for (const step of [ready, shift, verify]) await step(place.ports, id);

    const { status, checks } = await scene.show(id);
    expect(status).toBe('succeeded');
    expect(checks.map(({ kind, ok }) => [kind, ok])).toEqual([
      ['http', true],
      ['test', true],
      ['http', true],
    ]);
    expect(checks[1]?.run_id).toBe(idsOf(id, { purpose: 'test' }).run);
  });

  test('that fails moves no traffic', async () => {
    const { id } = await deploying(WITH_TEST);
    await (await agentOf(id, 'test')).report(failed);

    await refused(id, ready(place.ports, id));

    const { status, error, checks } = await scene.show(id);
    expect(place.ports.functions.moves).toEqual([]);
    expect(status).toBe('failed');
    expect(error?.message).toBe('The test commands failed: Command 1 of 1 failed with exit code 3.');
    expect(error?.last_lines).toEqual(['no']);
    expect(checks.at(-1)).toMatchObject({ kind: 'test', ok: false });
  });

  test('gets the URL that the commands have told', async () => {
    const { id } = await deploying({ target: COMMANDS, test: TEST });
    await (await agentOf(id, 'deploy')).report(succeeded({ url: 'https://next.example.com' }));
    expect(await ready(place.ports, id)).toEqual({ ready: false, job: 'test' });

    const { work } = await agentOf(id, 'test');

    expect(work.job.spec.env).toMatchObject({ STAITHE_URL: 'https://next.example.com' });
  });

  test('is part of what is approved', async () => {
    await scene.put({ target: FUNCTION });
    const { config_version: before } = await scene.environment();
    await scene.put({ target: FUNCTION, test: TEST });

    expect((await scene.environment()).config_version).toBe(before + 1);
  });
});
