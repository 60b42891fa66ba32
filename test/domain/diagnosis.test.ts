import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import { diagnose } from '../../lib/domain/diagnosis/report.ts';
import { DiagnosisReport } from '../../lib/domain/diagnosis/schema.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import type { ReportResult } from '../../lib/domain/execution/model/job.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import { LAST } from '../../lib/domain/log/marks.ts';
import {
  ADMIN,
  agentOf,
  claimed,
  completedBuild,
  planRun,
  refusal,
  STRANGER,
  startedBuild,
  ULID,
  uploadedSource,
  type World,
  world,
} from './world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});

const FAILED: ReportResult = {
  status: 'failed',
  error: {
    code: 'auth_error',
    message: "'npm ci' ended with exit code 1: npm error code E401",
    hint: 'Set NPM_TOKEN.',
    step: 'npm ci',
    exit_code: 1,
    last_lines: ['npm error code E401'],
  },
};

/** A build whose one job fails after it has printed so many lines, the last of them as its agent's last. */
async function failedBuild(printed: number, result = FAILED) {
  const { build, run } = await startedBuild(place);
  const { jobs } = await planRun(place, run.id);
  for (const dispatch of jobs) {
    const work = await claimed(place, dispatch, printed > 0 ? { log_stream: 'stream' } : {});
    for (let index = 1; index <= printed; index += 1)
      place.ports.logs.append('stream', {
        timestamp: Date.parse(run.created_at) + index,
        message: `${index === printed ? LAST : ''}line ${index}`,
      });
    await Job.result(place.ports, agentOf(work), work.job.id, result);
  }
  await finish(place.ports, run.id);
  return { build, run };
}

const diagnosed = (build: string, run?: string) => diagnose(place.ports, ADMIN, build, run);

describe('the diagnosis of a build', () => {
  test('that failed has the reason, the run, its jobs, and the last 30 lines of its log', async () => {
    const { build, run } = await failedBuild(40);

    const report = await diagnosed(build.id);

    expect(report.failure).toMatchObject({ ...FAILED.error, service: 'web' });
    expect(report).toMatchObject({ build: { id: build.id }, run: { id: run.id, status: 'failed' } });
    expect(report.jobs.map(({ service, status }) => [service, status])).toEqual([['web', 'failed']]);
    expect(report.log).toHaveLength(30);
    expect(report.log.at(-1)?.message).toBe('line 40');
    expect(report.next).toEqual([
      `staithe secret list --project ${place.project.id}`,
      `staithe build run ${build.id} --failed --follow`,
    ]);
  });

  test('of several jobs has the log of the one that failed, however much the others say, and leads to it', async () => {
    const { build, run } = await startedBuild(
      place,
      'services:\n  a: { commands: [a] }\n  b: { commands: [b] }\n',
    );
    const { jobs } = await planRun(place, run.id);
    const [first, second] = await Promise.all(
      jobs.map((dispatch, index) => claimed(place, dispatch, { log_stream: `stream ${index}` })),
    );
    if (first === undefined || second === undefined) throw new Error('Two jobs were planned.');
    place.ports.logs.append('stream 0', {
      timestamp: Date.parse(run.created_at),
      message: `${LAST}npm error`,
    });
    for (let index = 1; index <= 40; index += 1)
      place.ports.logs.append('stream 1', { timestamp: Date.parse(run.created_at) + index, message: 'good' });
    for (const work of [first, second])
      await Job.result(place.ports, agentOf(work), work.job.id, {
        status: 'failed',
        error: { code: 'build_error', message: `${work.job.service} failed.` },
      });
    await finish(place.ports, run.id);

    const report = await diagnosed(build.id);

    expect(report.log.map(({ message }) => message)).toEqual(['npm error']);
    expect(report.next[0]).toBe(`staithe job logs ${first.job.id}`);
  });

  test('tells nothing but what its schema has: no ticket, no place of a source', async () => {
    const { build } = await failedBuild(1);

    const shown = JSON.stringify(DiagnosisReport.parse(await diagnosed(build.id)));

    expect(shown).not.toMatch(/ticket|claim_id|log_streams/);
  });

  test('has all runs, newest first, and looks at an older one when asked to', async () => {
    const { build, run } = await failedBuild(3);
    const newer = await Run.rerun(place.ports, ADMIN, await Build.get(place.ports, ADMIN, build.id));

    const newest = await diagnosed(build.id);
    const older = await diagnosed(build.id, run.id);

    expect(newest.runs.map(({ id }) => id)).toEqual([newer.id, run.id]);
    expect(newest).toMatchObject({ run: { id: newer.id }, failure: null, log: [] });
    expect(newest.next).toEqual([`staithe build logs ${build.id} --follow`]);
    expect(older).toMatchObject({ run: { id: run.id }, failure: { code: 'auth_error' } });
  });

  test('gives a hint also where the failure has none', async () => {
    const { build } = await failedBuild(0, {
      status: 'failed',
      error: { code: 'resource_error', message: 'The disk is full.' },
    });

    expect((await diagnosed(build.id)).failure?.hint).toContain('resources.compute');
  });

  test('that was cancelled says so, and how to go on', async () => {
    const { build, run } = await startedBuild(place);
    await Run.cancel(place.ports, ADMIN, run.id);

    expect(await diagnosed(build.id)).toMatchObject({
      failure: { code: 'cancelled', hint: expect.any(String) },
      next: [`staithe build run ${build.id} --follow`],
    });
  });

  test('that went well has its artifacts and nothing that failed', async () => {
    const { build } = await completedBuild(place);

    const report = await diagnosed(build.id);

    expect(report.failure).toBeNull();
    expect(report.artifacts.map(({ name, status }) => [name, status])).toEqual([['web.zip', 'stored']]);
    expect(report.next).toEqual([`staithe build artifacts ${build.id}`]);
  });

  test('that was never run says how to run it', async () => {
    const source_id = await uploadedSource(place);
    const input = CreateBuild.parse({ source_id, start: false });
    const build = await Build.create(place.ports, ADMIN, place.project, input);

    expect(await diagnosed(build.id)).toMatchObject({
      run: null,
      runs: [],
      failure: null,
      next: [`staithe build run ${build.id} --follow`],
    });
  });

  test('is nobody else’s to see, and not of a run of another build', async () => {
    const { build } = await startedBuild(place);
    const other = await startedBuild(place, 'services:\n  api:\n    commands: [make]\n');

    expect(await refusal(diagnose(place.ports, STRANGER, build.id))).toBe('not_found');
    expect(await refusal(diagnosed(build.id, other.run.id))).toBe('not_found');
    expect(await refusal(diagnosed(build.id, `run_${ULID}`))).toBe('not_found');
    expect(await refusal(diagnosed(`bld_${ULID}`))).toBe('not_found');
  });
});
