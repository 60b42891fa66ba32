/**
 * Thousands of histories in which calls, callbacks, events, deaths and time come in any order. Whatever happens: no
 * transition that the lifecycle does not have, no run without an end, no artifact without a run, never more jobs at
 * work than the project allows, and nobody's job touched with another's token.
 */

import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RUN_LIFECYCLE, RunStatus } from '../../../lib/domain/execution/model/run.ts';
import { isFinal } from '../../../lib/domain/lifecycle.ts';
import { tasksOf } from '../../workflows/machine.ts';
import { expectEndOfItsJobs, expectLawfulPaths, refusable } from './observed.ts';
import { Simulation } from './simulation.ts';

const MANIFESTS = [
  'services:\n  web:\n    commands: [make]\n',
  'services: {a: {}, b: {}, c: {matrix: {x: [1, 2]}}}\nfail_fast: true\n',
  'services: {a: {timeout: 5m}, b: {}}\nmax_parallel: 1\n',
  'services: {broken: {no_such_field: 1}}\n',
];

type Command = (simulation: Simulation) => Promise<unknown>;
const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)];
const at = fc.nat({ max: 7 });

const onExecution = (
  act: (s: Simulation, e: Simulation['executions'][number], n: number) => Promise<unknown>,
) =>
  at.map(
    (n): Command =>
      async (simulation) => {
        const execution = pick(simulation.executions, n);
        if (execution !== undefined) await act(simulation, execution, n);
      },
  );

/** `other` is mostly the agent's own job, and now and then another's: with the wrong token for it. */
const onAgent = (
  act: (
    s: Simulation,
    agent: Simulation['agents'][number],
    other: Simulation['agents'][number],
  ) => Promise<unknown>,
) =>
  fc.tuple(at, fc.nat({ max: 9 }), at).map(
    ([n, strange, o]): Command =>
      async (simulation) => {
        const agent = pick(simulation.agents, n);
        if (agent === undefined) return;
        await act(simulation, agent, strange === 0 ? (pick(simulation.agents, o) ?? agent) : agent);
      },
  );

const weighted = (weight: number, arbitrary: fc.Arbitrary<Command>) => ({ weight, arbitrary });
const asked = fc
  .record(
    {
      start: fc.constantFrom(true, true, true, false),
      force_rebuild: fc.boolean(),
      fail_fast: fc.boolean(),
      timeout_seconds: fc.constantFrom(60, 3600),
      git_ref: fc.constantFrom('refs/heads/main', 'refs/heads/topic'),
    },
    { requiredKeys: [] },
  )
  // Refused: a run that is started later always builds anew.
  .filter(({ start, force_rebuild }) => start !== false || force_rebuild !== true);

const command: fc.Arbitrary<Command> = fc.oneof(
  weighted(
    3,
    fc.tuple(at, asked).map(
      ([n, more]) =>
        (s) =>
          s.create(pick(s.sources, n) ?? '', more),
    ),
  ),
  weighted(
    3,
    at.map((n) => (s) => s.arrives(pick(s.sources, n) ?? '')),
  ),
  weighted(
    1,
    fc.tuple(at, fc.constantFrom('all' as const, 'failed' as const)).map(
      ([n, jobs]) =>
        async (s) =>
          void (s.builds.length > 0 && (await s.again(pick(s.builds, n) ?? '', jobs))),
    ),
  ),
  weighted(
    1,
    at.map((n) => async (s) => void (s.runs.length > 0 && (await s.cancel(pick(s.runs, n) ?? '')))),
  ),
  weighted(
    8,
    onExecution((s, execution, n) => s.step(execution, n === 0)),
  ),
  weighted(
    3,
    fc
      .tuple(fc.constantFrom('SUCCEEDED', 'FAULT', 'FAILED', 'TIMED_OUT', 'STOPPED'), fc.boolean(), at)
      .chain(([status, heard, n]) =>
        onExecution((s, execution) => s.machineEnds(execution, n, status, heard)),
      ),
  ),
  weighted(
    1,
    fc.boolean().chain((heard) => onExecution((s, execution) => s.dies(execution, heard))),
  ),
  weighted(
    6,
    fc.nat({ max: 9 }).chain((wrong) => onAgent((s, agent) => s.claim(agent, { wrongTicket: wrong === 0 }))),
  ),
  weighted(
    4,
    fc.boolean().chain((bytes) => onAgent((s, agent, other) => s.upload(agent, other, bytes))),
  ),
  // What a good agent does, whole; and its machine's end, which is heard.
  weighted(
    8,
    onAgent(async (s, agent) => {
      await s.claim(agent);
      await s.upload(agent, agent, true);
      await s.report(agent, agent, true);
    }),
  ),
  weighted(
    4,
    onExecution((s, execution, n) => s.machineEnds(execution, n, 'SUCCEEDED', true)),
  ),
  weighted(
    2,
    fc.nat({ max: 99 }).chain((progress) => onAgent((s, agent, other) => s.progress(agent, other, progress))),
  ),
  weighted(
    5,
    fc
      .constantFrom(true, true, false)
      .chain((success) => onAgent((s, agent, other) => s.report(agent, other, success))),
  ),
  weighted(
    3,
    fc.tuple(at, fc.boolean()).map(
      ([n, keep]) =>
        (s) =>
          s.tell(n, keep),
    ),
  ),
  weighted(
    1,
    fc.tuple(fc.constantFrom(1, 30, 200, 4000), fc.constantFrom(true, true, false)).map(
      ([seconds, prompt]) =>
        (s) =>
          s.passes(seconds, prompt),
    ),
  ),
  weighted(
    1,
    fc.constant((s) => s.sweep()),
  ),
  weighted(
    1,
    fc.boolean().map((full) => async (s) => s.full(full)),
  ),
);

const history = fc.array(command, { minLength: 10, maxLength: 50 });
const limit = fc.constantFrom(undefined, undefined, 1, 2);

/** How runs ended, over all histories: the property means little when one of the ways was never taken. */
const ends = new Map<string, number>();
/** Steps of the workflow, over all histories. */
const done = new Map<string, number>();

function assess(simulation: Simulation): void {
  for (const [task, count] of simulation.done) done.set(task, (done.get(task) ?? 0) + count);
  expectLawfulPaths(simulation.table);
  expect(simulation.faults).toEqual([]);
  const runs = new Map(simulation.items('run').map((run) => [run.id, run]));
  const final = (status: unknown) => isFinal(RUN_LIFECYCLE, RunStatus.parse(status));
  for (const run of runs.values()) expect(final(run.status), `run ${run.status}`).toBe(true);
  for (const job of simulation.items('job')) {
    expect(runs.has(job.run_id)).toBe(true);
    expect(final(job.status), `job ${job.status} of run ${runs.get(job.run_id)?.status}`).toBe(true);
  }
  const jobs = new Map(simulation.items('job').map((job) => [job.id, job]));
  for (const artifact of simulation.items('artifact')) {
    expect(runs.has(artifact.run_id), 'an artifact without a run').toBe(true);
    expect(jobs.get(artifact.job_id)?.run_id).toBe(artifact.run_id);
  }
  for (const run of runs.values()) {
    const own = Array.isArray(run.job_ids) ? run.job_ids.map((id) => jobs.get(id) ?? {}) : [];
    expectEndOfItsJobs(run.status, own);
    if (run.status === 'failed') expect(run.error, 'a failure without a reason').toBeDefined();
    if (run.status === 'completed') expect(run.artifact_ids).not.toEqual([]);
    ends.set(String(run.stage), (ends.get(String(run.stage)) ?? 0) + 1);
  }
  if (simulation.limit !== undefined) expect(simulation.mostAtWork).toBeLessThanOrEqual(simulation.limit);
}

test('histories of builds keep to the lifecycles and come to an end', async () => {
  await fc.assert(
    fc.asyncProperty(history, limit, async (commands, jobsAtOnce) => {
      using simulation = await Simulation.begin(MANIFESTS, jobsAtOnce);
      await simulation.create(simulation.sources[0] ?? '', {});
      for (const one of commands) await refusable(one(simulation) as Promise<unknown>);

      await simulation.settleDown();

      assess(simulation);
    }),
    { numRuns: samples(3000) },
  );
  // The workflow's steps, whichever they are, and each end.
  for (const task of tasksOf('build')) expect(done.get(task), task).toBeGreaterThan(0);
  for (const way of ['done', 'reused', 'failed', 'cancelled']) expect(ends.get(way), way).toBeGreaterThan(0);
});
