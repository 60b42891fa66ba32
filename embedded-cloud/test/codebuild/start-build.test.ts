import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { codebuild } from '../../src/codebuild/index.ts';
import { plain } from '../../src/codebuild/sandbox.ts';
import { logs } from '../../src/logs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { answers } from './build-cloud.ts';
import { openClouds, spec } from './open-clouds.ts';
import { OPERATOR, scriptedCloud } from './scripted-cloud.ts';

const { setUp, open } = openClouds();

describe('StartBuild', () => {
  it('repeats nothing for the same idempotency token, and refuses it for other parameters', async () => {
    const { start } = await setUp({ sandbox: plain, buildspec: spec('true') });

    const first = await start({ idempotencyToken: 'once' });
    const second = await start({ idempotencyToken: 'once' });

    expect(second.id).toBe(first.id);
    await expect(start({ idempotencyToken: 'once', sourceVersion: 'x' })).rejects.toThrow(
      /idempotency token/,
    );
  });

  it('lets builds wait for their turn, and a waiting build can be stopped', async () => {
    const { start, get, call, service } = await setUp({
      sandbox: plain,
      buildspec: spec('sleep 600'),
      properties: { ConcurrentBuildLimit: 1 },
    });
    const running = await start();
    const waiting = await start();
    await eventually(async () => expect((await get(running.id)).currentPhase).toBe('BUILD'));

    expect((await get(waiting.id)).currentPhase).toBe('QUEUED');
    await call('codebuild', 'StopBuild', { id: waiting.id });
    await call('codebuild', 'StopBuild', { id: running.id });
    await service.whenBuildEnds(waiting.id);
    await service.whenBuildEnds(running.id);

    expect((await get(waiting.id)).buildStatus).toBe('STOPPED');
    expect((await get(running.id)).buildStatus).toBe('STOPPED');
  });

  it('fails the build when the role may not write its log', async () => {
    const { cloud, start, get, service } = await setUp({ sandbox: plain, buildspec: spec('true') });
    await cloud.as(OPERATOR)('logs', 'CreateLogGroup', { logGroupName: '/aws/codebuild/demo' });
    cloud.denied.add('logs:PutLogEvents');

    const { id } = await start();
    await service.whenBuildEnds(id);

    const build = await get(id);
    expect(build.buildStatus).toBe('FAILED');
    expect(build.phases.find((phase) => phase.phaseType === 'PROVISIONING')?.contexts?.[0]?.statusCode).toBe(
      'ACCESS_DENIED',
    );
  });

  it('fails DOWNLOAD_SOURCE for a buildspec that is none', async () => {
    const { finish } = await setUp({ sandbox: plain, buildspec: 'version: 0.2\nphases:\n  biuld: {}\n' });

    const { build } = await finish();

    expect(build.phases.find((phase) => phase.phaseType === 'DOWNLOAD_SOURCE')).toMatchObject({
      phaseStatus: 'FAILED',
      contexts: [{ statusCode: 'YAML_FILE_ERROR' }],
    });
  });

  it('times a build out', async () => {
    const { cloud, start, get, service } = await setUp({ sandbox: plain, buildspec: spec('sleep 600') });
    const { id } = await start({ timeoutInMinutesOverride: 5 });
    await eventually(async () => expect((await get(id)).currentPhase).toBe('BUILD'));
    cloud.clock = () => Date.now() + 6 * 60_000;

    await service.whenBuildEnds(id);

    const build = await get(id);
    expect(build.buildStatus).toBe('TIMED_OUT');
    expect(build.phases.find((phase) => phase.phaseType === 'BUILD')?.phaseStatus).toBe('TIMED_OUT');
  });

  it('tells the bus of every phase and of the beginning and end, in the shape of AWS', async () => {
    const { cloud, finish } = await setUp({ sandbox: plain, buildspec: spec('true') });

    const { build } = await finish();
    await turn();

    const sent = cloud.calls
      .filter((call) => call.action === 'PutServiceEvents')
      .map(
        (call) =>
          z
            .object({ Entries: z.array(z.object({ DetailType: z.string(), Detail: z.string() })) })
            .parse(call.input).Entries[0],
      );
    const states = sent.filter((entry) => entry?.DetailType === 'CodeBuild Build State Change');
    expect(states.map((entry) => JSON.parse(entry?.Detail ?? '{}')['build-status'])).toEqual([
      'IN_PROGRESS',
      'SUCCEEDED',
    ]);
    const last = JSON.parse(states[1]?.Detail ?? '{}');
    expect(last['build-id']).toBe(build.arn);
    expect(last['additional-information']['build-start-time']).toMatch(
      /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M$/,
    );
    expect(last['additional-information'].phases).toHaveLength(11);
  });
});

describe('after a crash', () => {
  it('a stop of the cloud in the middle of a build is no other than a crash', async () => {
    const { cloud, start, get } = await setUp({ sandbox: plain, buildspec: spec('sleep 600') });
    const ran = await start();
    await eventually(async () => expect((await get(ran.id)).currentPhase).toBe('BUILD'));

    open.splice(open.indexOf(cloud), 1); // its folder lives on in the second instance
    await cloud.service('codebuild').stop?.();
    const restarted = scriptedCloud(cloud.folder);
    restarted.answers.set('events:PutServiceEvents', () => ({}));
    restarted.add(logs(restarted));
    const service = codebuild(restarted, { sandbox: plain });
    restarted.add(service);
    await service.start?.();

    const [found] = answers.parse(
      await restarted.as(OPERATOR)('codebuild', 'BatchGetBuilds', { ids: [ran.id] }),
    ).builds;
    await restarted.close();
    expect(found?.buildStatus).toBe('FAULT');
  });

  it('builds that ran become FAULT and those that waited go on', async () => {
    const { cloud, start, get } = await setUp({
      sandbox: plain,
      buildspec: spec('sleep 600'),
      properties: { ConcurrentBuildLimit: 1 },
    });
    const ran = await start();
    const waited = await start();
    await eventually(async () => expect((await get(ran.id)).currentPhase).toBe('BUILD'));

    // A second instance on what is on the disk now is what a restart sees.
    const copy = mkdtempSync(join(tmpdir(), 'scripted-cloud-'));
    cpSync(cloud.folder, copy, { recursive: true });
    const restarted = scriptedCloud(copy);
    restarted.answers.set('events:PutServiceEvents', () => ({}));
    restarted.add(logs(restarted));
    const service = codebuild(restarted, { sandbox: plain });
    restarted.add(service);
    open.push(restarted);
    await service.start?.();

    const [first, second] = answers.parse(
      await restarted.as(OPERATOR)('codebuild', 'BatchGetBuilds', { ids: [ran.id, waited.id] }),
    ).builds;
    expect(first?.buildStatus).toBe('FAULT');
    expect(first?.phases.at(-2)?.contexts?.[0]?.message).toMatch(/machine that ran this build was lost/);
    expect(second?.buildStatus).toBe('IN_PROGRESS');
    await restarted.as(OPERATOR)('codebuild', 'StopBuild', { id: waited.id });
    await service.whenBuildEnds(waited.id);
  });
});
