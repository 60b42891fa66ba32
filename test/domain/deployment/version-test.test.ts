import { beforeEach, describe, expect, test } from 'vitest';
import { cancel } from '../../../lib/domain/deployment/cancel.ts';
import { jobEnded } from '../../../lib/domain/deployment/jobs/ended.ts';
import { idsOf } from '../../../lib/domain/deployment/jobs/job.ts';
import { ofDeployment } from '../../../lib/domain/deployment/jobs/log.ts';
import { ready, shift, verify } from '../../../lib/domain/deployment/steps.ts';
import { verifyServing } from '../../../lib/domain/deployment/verify-serving.ts';
import { ADMIN, refusal, type World } from '../world.ts';

import { COMMANDS, commanding, FUNCTION, failed, succeeded, TEST } from './commanding.ts';

type Scene = Awaited<ReturnType<typeof commanding>>;

let place: World;
let scene: Scene['scene'];
let agentOf: Scene['agentOf'];
let refused: Scene['refused'];
let deploying: Scene['deploying'];
beforeEach(async () => {
  ({ place, scene, agentOf, refused, deploying } = await commanding());
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

  test('has a URL of the new version, which is gone once it has ended', async () => {
    const aliases = () => [...(place.ports.functions.find('hello')?.aliases.keys() ?? [])];
    const { id } = await deploying(WITH_TEST);
    const { work, report } = await agentOf(id, 'test');
    expect(work.job.spec.env.STAITHE_URL).toContain('candidate');
    expect(aliases()).toEqual(['staithe-test-candidate']);
    await report(succeeded());
    await ready(place.ports, id);
    expect(aliases()).toEqual([]);
    for (const step of [shift, verify]) await step(place.ports, id);

    const next = await deploying(WITH_TEST);
    expect(aliases()).toContain('staithe-test-candidate');
    await cancel(place.ports, ADMIN, next.id, undefined);
    await refused(next.id, ready(place.ports, next.id));

    expect(aliases()).toEqual(['staithe-test']);
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

describe('the test of what serves', () => {
  async function serving() {
    const { id } = await deploying({ target: FUNCTION, test: TEST });
    await (await agentOf(id, 'test')).report(succeeded());
    for (const step of [ready, shift, verify]) await step(place.ports, id);
    return id;
  }

  test('is run again with the URL that users have, and the result is kept', async () => {
    const id = await serving();
    const before = (await scene.show(id)).checks.length;

    place.ports.clock.advance(48 * 3_600_000);

    expect(await verifyServing(place.ports, ADMIN, id)).toMatchObject({ test_rounds: 2 });
    const agent = await agentOf(id, 'test', 2);
    await agent.report(failed);
    await jobEnded(place.ports, agent.id);
    await jobEnded(place.ports, agent.id);

    const { url, status, checks } = await scene.show(id);
    expect(agent.work.job.spec.env).toMatchObject({ STAITHE_URL: url, STAITHE_VERSION: '1' });
    expect(status).toBe('succeeded');
    expect(checks).toHaveLength(before + 2);
    expect(checks.at(-1)).toMatchObject({
      kind: 'test',
      ok: false,
      percent: 100,
      run_id: agent.work.job.run_id,
    });
  });

  test('is refused while one runs; after that it has its next round, and its log', async () => {
    const id = await serving();
    await verifyServing(place.ports, ADMIN, id);
    expect(await refusal(verifyServing(place.ports, ADMIN, id))).toBe('wrong_state');
    await (await agentOf(id, 'test', 2)).report(succeeded());

    expect(await verifyServing(place.ports, ADMIN, id)).toMatchObject({ test_rounds: 3 });

    const log = await ofDeployment(place.ports, ADMIN, id);
    expect(log.ended).toBe(false);
    await (await agentOf(id, 'test', 3)).report(succeeded());
    expect((await ofDeployment(place.ports, ADMIN, id)).ended).toBe(true);
  });

  test('does not run when the URL is not well', async () => {
    const id = await serving();
    place.ports.probe.answer = { status: 503 };

    const verified = await verifyServing(place.ports, ADMIN, id);

    expect(verified.test_rounds).toBeUndefined();
    expect(verified.checks.at(-1)).toMatchObject({ kind: 'http', ok: false });
  });
});
