/** The largest that users and agents can make of runs: what no item or answer could hold is refused, or told in brief. */
import { describe, expect, test } from 'vitest';
import { wireBytes } from '../../../lib/domain/answer.ts';
import { diagnose } from '../../../lib/domain/diagnosis/report.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import { finish } from '../../../lib/domain/execution/end/index.ts';
import { ReportResult } from '../../../lib/domain/execution/model/job.ts';
import { jobs } from '../../../lib/domain/execution/model/job-record.ts';
import { runs } from '../../../lib/domain/execution/model/run-record.ts';
import { answerable } from '../../../lib/domain/execution/model/size.ts';
import { plan } from '../../../lib/domain/execution/plan/index.ts';
import * as Queue from '../../../lib/domain/execution/queue/index.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { ADMIN, agentOf, claimed, planRun, startedBuild, type World, world } from '../world.ts';

/** DynamoDB's item, Step Functions' input and Lambda's answer. */
const ITEM_MAX_BYTES = 400 * 1024;
const STATE_MAX_BYTES = 256 * 1024;
const ANSWER_MAX_BYTES = 6_000_000;

/** What an item weighs: names and values, 3 bytes for each list and map and 1 for each thing in it (docs: DynamoDB, "Item sizes and formats"). */
function itemBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + 1 + itemBytes(one), 3);
  if (typeof value !== 'object' || value === null) return 21; // a number's most
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return members.reduce((sum, [name, member]) => sum + 1 + Buffer.byteLength(name) + itemBytes(member), 3);
}
const numbered = (count: number, text = '') => Array.from({ length: count }, (_, at) => `${text}${at}`);
const matrixOf = (values: readonly string[], more: object = {}) => ({ matrix: { axis: values }, ...more });

/** 256 jobs of names as long as they may be. */
const MOST = {
  ['a'.repeat(63)]: matrixOf(numbered(100, 'v'.repeat(60))),
  ['b'.repeat(63)]: matrixOf(numbered(100, 'v'.repeat(60))),
  ['c'.repeat(63)]: matrixOf(numbered(56, 'v'.repeat(60))),
};

async function planned(place: World, services: object, input: object = {}) {
  const { run, build } = await startedBuild(place, JSON.stringify({ services }), input);
  const { jobs: dispatches } = await planRun(place, run.id);
  const now = (await runs.get(place.ports.table, Keys.run(run.id)))?.value;
  if (now === undefined) throw new Error('The run is gone.');
  return { run: now, build, dispatches };
}

const FLOOD = numbered(30).map(() => '€'.repeat(2000));
const flooded = ReportResult.parse({
  status: 'failed',
  error: {
    code: 'build_error',
    message: '€'.repeat(4000),
    hint: '€'.repeat(2000),
    step: '€'.repeat(8192),
    stage: '€'.repeat(1000),
    last_lines: FLOOD,
  },
});

describe('a run of 256 jobs', () => {
  test('is planned in an answer that Step Functions takes, and an item that DynamoDB takes', async () => {
    const place = await world();

    const { run, dispatches } = await planned(place, MOST);

    expect(dispatches).toHaveLength(256);
    expect(Buffer.byteLength(JSON.stringify({ jobs: dispatches, max_parallel: 100 }))).toBeLessThan(
      STATE_MAX_BYTES / 2,
    );
    expect(itemBytes(run)).toBeLessThan(ITEM_MAX_BYTES / 4);
  });

  test('has good tickets in its workflow, though it was planned by two at once', async () => {
    const place = await world();
    const { run } = await startedBuild(place, JSON.stringify({ services: MOST }));

    await Promise.all([plan(place.ports, run.id), plan(place.ports, run.id)]);

    const { jobs: dispatches } = await planRun(place, run.id);
    expect(dispatches).toHaveLength(256);
    for (const dispatch of dispatches.slice(0, 5))
      expect((await claimed(place, dispatch)).job.id).toBe(dispatch.job_id);
  });

  test('that all fail with as much to say as may be has its jobs and its diagnosis in one answer', async () => {
    const place = await world();
    const { dispatches, build, run } = await planned(place, MOST);
    for (const dispatch of dispatches) {
      const work = await claimed(place, dispatch);
      await Job.result(place.ports, agentOf(work), work.job.id, flooded);
    }
    await finish(place.ports, run.id);

    const ended = (await runs.get(place.ports.table, Keys.run(run.id)))?.value;
    const listed = answerable(await Run.jobsOf(place.ports, ended ?? run));
    const diagnosis = await diagnose(place.ports, ADMIN, build.id);

    expect(listed).toHaveLength(256);
    expect(wireBytes(listed)).toBeLessThan(ANSWER_MAX_BYTES);
    expect(wireBytes(diagnosis)).toBeLessThan(ANSWER_MAX_BYTES);
    expect(diagnosis.failure?.last_lines?.length).toBeGreaterThan(0);
  });

  test('whose commands are too much for an answer is refused, and says what to do', async () => {
    const place = await world();
    const commands = numbered(40, 'x'.repeat(2000));

    const { run, dispatches } = await planned(place, { web: matrixOf(numbered(100), { commands }) });

    expect(dispatches).toEqual([]);
    expect(run).toMatchObject({ status: 'failed', job_ids: [], error: { code: 'manifest_error' } });
    expect(run.error?.message).toContain('a run may have 2.6 MB');
    expect(run.error?.hint).toContain('scripts in the source');
  });
});

test('the largest job that fails with as much to say as may be still fits its item, with the end of what it said', async () => {
  const place = await world();
  const inputs = Object.fromEntries(numbered(3, 'i').map((name) => [name, 'y'.repeat(4096)]));
  const [command, other] = ['x', 'y'].map((letter) => letter.repeat(8000));
  const manifest = `services: {web: {commands: [&x ${command}, &y ${other}${', *x, *y'.repeat(18)}]}}`;
  const { run } = await startedBuild(place, manifest, { inputs });
  const { jobs: dispatches } = await planRun(place, run.id);
  const work = await claimed(place, dispatches[0] ?? expect.fail('There is no job.'));

  await Job.result(place.ports, agentOf(work), work.job.id, flooded);

  const kept = (await jobs.get(place.ports.table, Keys.job(work.job.id)))?.value;
  expect(kept?.error?.last_lines?.at(-1)).toBe(FLOOD.at(-1));
  expect(itemBytes(kept ?? {})).toBeLessThan(ITEM_MAX_BYTES);
});

test('a run whose agents leave more artifacts than its item can name fails and says so', async () => {
  const place = await world();
  const { dispatches, run } = await planned(place, MOST);
  for (const [at, dispatch] of dispatches.entries()) {
    const work = await claimed(place, dispatch);
    // As an agent's report would have it, without the thousands of uploads.
    await jobs.update(place.ports.table, Keys.job(work.job.id), (job) => ({
      ...job,
      status: 'completed',
      artifact_ids: numbered(40).map((n) => `art_${String(at * 100 + Number(n)).padStart(26, '0')}`),
    }));
  }

  expect(await finish(place.ports, run.id)).toEqual({ status: 'failed' });

  const ended = (await runs.get(place.ports.table, Keys.run(run.id)))?.value;
  expect(ended?.error).toMatchObject({ code: 'resource_error' });
  expect(ended?.error?.message).toBe('The jobs created 10240 artifacts; the maximum of a run is 5120.');
});

test('a queue that has no room in its item refuses the run that comes, and loses none of those that wait', async () => {
  const place = await world();
  const { ports } = place;
  const project = { ...place.project, max_concurrent_jobs: 1 };
  const limited = { ...place, project };
  const earlier = numbered(4000).map((n) => {
    const ulid = n.padStart(26, '0');
    return { job_id: `job_${ulid}`, run_id: `run_${ulid}` };
  });
  await Queue.enqueue(ports, project.id, 1, earlier);

  const { run, dispatches } = await planned(limited, { web: {}, api: {} });

  expect(dispatches).toEqual([]);
  expect(run).toMatchObject({ status: 'failed', error: { code: 'resource_error' } });
  const queue = await ports.table.get(Keys.queue(project.id));
  expect(queue?.waiting).toHaveLength(3999);
  expect(itemBytes(queue ?? {})).toBeLessThan(ITEM_MAX_BYTES);
});
