/** Builds in full, over HTTP: matrices, reuse, reruns, the queue, their time. */

import { RUNS_OUT, until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, ended, logOf, newSlug, startBuild } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function project(more: { max_concurrent_jobs?: number; supersede?: boolean } = {}): Promise<string> {
  const slug = newSlug('full');
  await staithe.client.call('createProject', { body: { slug, ...more } });
  return slug;
}

const treeOf = (manifest: unknown, files: Record<string, string> = {}) => ({
  'staithe.yaml': JSON.stringify(manifest),
  ...files,
});
const jobsOf = async (runId: string) =>
  (await staithe.client.call('listJobs', { params: { run: runId } })).items;

describe('a matrix', () => {
  it('makes a job of every cell, whose commands see its values, features and inputs', async () => {
    const tree = treeOf({
      services: {
        api: {
          matrix: { edition: ['25', '26'] },
          toolchain: 'node@24',
          commands: [
            'echo "$STAITHE_MATRIX_EDITION $STAITHE_TOOLCHAIN_NODE $STAITHE_FEATURES $STAITHE_FEATURE_FULL $STAITHE_INPUT_LEVEL" > out',
          ],
          artifacts: [{ name: 'out', paths: 'out', format: 'file' }],
        },
      },
    });

    const { buildId, run } = await build(staithe.client, await project(), tree, {
      features: ['full', 'http'],
      inputs: { level: 'high' },
    });

    expect(run.status, JSON.stringify(run.error)).toBe('completed');
    const jobs = await jobsOf(run.id);
    expect(jobs.map(({ name, matrix }) => [name, matrix])).toEqual([
      ['api (edition=25)', { edition: '25' }],
      ['api (edition=26)', { edition: '26' }],
    ]);
    const { items } = await staithe.client.call('listBuildArtifacts', { params: { build: buildId } });
    const texts = await Promise.all(
      items.map(async ({ id }) => {
        const answer = await staithe.client.raw('downloadArtifact', { params: { artifact: id } });
        return (await fetch(answer.headers.get('location') ?? '')).text();
      }),
    );
    expect(texts.sort()).toEqual(['25 24 full,http 1 high\n', '26 24 full,http 1 high\n']);
  });

  it('that is fail_fast ends the other jobs when one fails', async () => {
    const slug = await project();
    const tree = treeOf({
      fail_fast: true,
      services: {
        bad: { commands: ['test -n "$STAITHE_MATRIX_NEVER" || sleep 1', 'exit 3'], artifacts: 'out' },
        good: { commands: ['echo good > out'], artifacts: 'out' },
        slow: { commands: ['sleep 600', 'echo slow > out'], artifacts: 'out' },
      },
    });

    const { run } = await build(staithe.client, slug, tree);

    expect(run).toMatchObject({ status: 'failed', error: { code: 'build_error', service: 'bad' } });
    const byName = Object.fromEntries((await jobsOf(run.id)).map((job) => [job.name, job]));
    expect(byName.bad).toMatchObject({ status: 'failed', error: { exit_code: 3 } });
    expect(byName.slow).toMatchObject({ status: 'cancelled' });
    expect(byName.slow?.error?.message).toContain("'bad' failed");
  });

  it('goes on without fail_fast, and a rerun of what failed keeps what completed', async () => {
    const slug = await project();
    const once = treeOf({
      services: {
        flaky: {
          commands: ['test "$STAITHE_MATRIX_TRY" != 1'],
          artifacts: '**',
          matrix: { try: ['1', '2'] },
        },
      },
    });
    const { buildId, run } = await build(staithe.client, slug, once);
    expect(run.status).toBe('failed');

    const again = await staithe.client.call('createRun', {
      params: { build: buildId },
      body: { jobs: 'failed' },
    });
    const rerun = await ended(staithe.client, again.id);

    expect(rerun).toMatchObject({ status: 'failed', retry_of: run.id });
    expect((await jobsOf(rerun.id)).map(({ name }) => name)).toEqual(['flaky (try=1)']);
    expect(rerun.kept_artifact_ids).toHaveLength(1);
  });
});

describe('reuse', () => {
  it('answers the same tree, manifest and request at once with the earlier artifacts', async () => {
    const slug = await project();
    const tree = treeOf({ services: { app: { commands: ['date +%s%N > out'], artifacts: 'out' } } });
    const first = await build(staithe.client, slug, tree, { force_rebuild: false });

    const again = await startBuild(staithe.client, slug, tree, { force_rebuild: false });
    const reused = await staithe.client.call('getRun', { params: { run: again.runId } });

    expect(reused).toMatchObject({ status: 'completed', reused_from: first.runId });
    expect(reused.artifact_ids).toEqual(first.run.artifact_ids);
    expect(await logOf(staithe.client, again.buildId)).toEqual([]);
    const forced = await build(staithe.client, slug, tree, { force_rebuild: true });
    expect(forced.run.artifact_ids).not.toEqual(first.run.artifact_ids);
  });
});

describe('a project with a limit of one job at a time', () => {
  it('builds one after the other, in turn', async () => {
    const slug = await project({ max_concurrent_jobs: 1 });
    const tree = treeOf({
      services: {
        a: { commands: ['date +%s%N > begin', 'sleep 0.3', 'date +%s%N > end'], artifacts: '**' },
        b: { commands: ['date +%s%N > begin', 'sleep 0.3', 'date +%s%N > end'], artifacts: '**' },
        c: { commands: ['date +%s%N > begin', 'sleep 0.3', 'date +%s%N > end'], artifacts: '**' },
      },
    });

    const { run } = await build(staithe.client, slug, tree);

    expect(run.status, JSON.stringify(run.error)).toBe('completed');
    const jobs = await jobsOf(run.id);
    const spans = jobs
      .map(({ started_at, completed_at }) => [started_at ?? '', completed_at ?? ''] as const)
      .sort();
    for (const [at, [begin]] of spans.entries())
      if (at > 0) expect(begin >= (spans[at - 1]?.[1] ?? '')).toBe(true);
  });

  it('lets those who wait begin when the limit is raised', async () => {
    const { client } = staithe;
    const slug = await project({ max_concurrent_jobs: 1 });
    const working = await startBuild(
      client,
      slug,
      treeOf({ services: { app: { commands: ['sleep 600'], artifacts: 'out' } } }),
    );
    await until(
      () => jobsOf(working.runId),
      ([job]) => job?.status === 'building',
    );
    const quick = treeOf({ services: { app: { commands: ['echo x > out'], artifacts: 'out' } } });
    const waiting = await startBuild(client, slug, quick);
    await until(
      () => jobsOf(waiting.runId),
      ([job]) => job?.stage === 'queued (project limit)',
    );

    await client.call('updateProject', { params: { project: slug }, body: { max_concurrent_jobs: 2 } });

    expect((await ended(client, waiting.runId)).status).toBe('completed');
    await client.call('cancelRun', { params: { run: working.runId } });
  });

  it('lets a newer run of a branch take the place of an older one that waits', async () => {
    const slug = await project({ max_concurrent_jobs: 1, supersede: true });
    const waiting = treeOf({ services: { app: { commands: ['sleep 600'], artifacts: 'out' } } });
    const quick = treeOf({ services: { app: { commands: ['echo x > out'], artifacts: 'out' } } });
    const branch = { git_ref: 'refs/heads/main' };
    const atWork = await startBuild(staithe.client, slug, waiting);
    await until(
      () => jobsOf(atWork.runId),
      ([job]) => job?.status === 'building',
    );
    const older = await startBuild(staithe.client, slug, waiting, branch);
    await until(
      () => jobsOf(older.runId),
      (jobs) => jobs.length === 1,
    );

    const newer = await startBuild(staithe.client, slug, quick, branch);

    expect(await ended(staithe.client, older.runId)).toMatchObject({
      status: 'cancelled',
      superseded_by: newer.runId,
    });
    await staithe.client.call('cancelRun', { params: { run: atWork.runId } });
    expect((await ended(staithe.client, newer.runId)).status).toBe('completed');
  });
});

describe('the time of a run', () => {
  it('ends its jobs with timeout_error', async () => {
    const tree = treeOf({ services: { app: { commands: ['sleep 600'], artifacts: 'out' } } });

    const { run } = await build(staithe.client, await project(), tree, { timeout_seconds: RUNS_OUT });

    expect(run).toMatchObject({ status: 'failed', error: { code: 'timeout_error' } });
  });
});
