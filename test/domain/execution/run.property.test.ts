/** Whatever comes in whatever order: no run, job or artifact leaves its lifecycle, and every run comes to an end. */

import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { artifacts } from '../../../lib/domain/artifact/record.ts';
import { fail, finish } from '../../../lib/domain/execution/end/index.ts';
import { RUN_LIFECYCLE } from '../../../lib/domain/execution/model/run.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import { isFinal } from '../../../lib/domain/lifecycle.ts';
import { MAX_ATTEMPTS } from '../../../lib/domain/retries.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { ADMIN, ONE_SERVICE, TWO_SERVICES, uploadedSource, world } from '../world.ts';
import { expectEndOfItsJobs, expectLawfulPaths, observedTable, refusable } from './observed.ts';
import { command, create, type Story } from './story.ts';

/** Most histories are of no use without a beginning. */
const history = fc.array(command, { minLength: 3, maxLength: 14 });

const manifest = fc.constantFrom(ONE_SERVICE, TWO_SERVICES);

/** A build that was started, of one service or of two. */
async function begin(manifest: string): Promise<Story> {
  const table = observedTable();
  const place = await world({ table });
  const source = await uploadedSource(place, { 'staithe.yaml': manifest });
  const story = {
    ...place,
    table,
    source,
    build: undefined,
    runs: [],
    dispatches: [],
    works: [],
    uploaded: [],
  };
  await create(story);
  return story;
}

/** The workflow of every run ends, by its last step or, when it dies, by the event of its end. */
async function end(story: Story, byEvent: boolean): Promise<void> {
  for (const id of story.runs)
    if (byEvent) await fail(story.ports, id, { code: 'internal_error', message: 'died' });
    else await finish(story.ports, id);
}

async function assess(story: Story): Promise<void> {
  expectLawfulPaths(story.table);
  for (const id of story.runs) {
    const run = await Run.get(story.ports, ADMIN, id);
    const jobs = await Run.jobsOf(story.ports, run);
    expect(isFinal(RUN_LIFECYCLE, run.status), `run ${run.status}`).toBe(true);
    for (const job of jobs) expect(isFinal(RUN_LIFECYCLE, job.status), `job ${job.status}`).toBe(true);
    if (run.status === 'completed') {
      expect(jobs.map(({ status }) => status)).toEqual(run.job_ids.map(() => 'completed'));
      // A run that is planned once a rerun has completed has what that one made.
      expect(jobs.length > 0).toBe(run.reused_from === undefined);
      expect(run.artifact_ids.length).toBeGreaterThan(0);
      for (const artifact of await artifacts.getMany(story.table, run.artifact_ids.map(Keys.artifact)))
        expect(artifact).toMatchObject({ status: 'stored', run_id: run.reused_from ?? id });
    }
    if (run.status === 'failed') expect(run.error?.message).toBeTruthy();
    expectEndOfItsJobs(run.status, jobs);
    for (const { attempt, lost_attempts: lost } of jobs) {
      expect(attempt).toBeLessThanOrEqual(MAX_ATTEMPTS);
      expect(lost.map((one) => one.attempt)).toEqual(lost.map((_, at) => at + 1));
    }
  }
  for (const item of story.table.all())
    if (item.entity === 'artifact') expect(story.runs).toContain(item.run_id);
}

test('one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(manifest, history, fc.boolean(), async (written, commands, byEvent) => {
      const story = await begin(written);

      for (const act of commands) await refusable(act(story));
      await end(story, byEvent);

      await assess(story);
    }),
    { numRuns: samples(1000) },
  );
});

test('three at once, each call to the table at a moment of its own', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      manifest,
      history,
      fc.tuple(history, history, history),
      fc.boolean(),
      async (scheduler, written, before, actors, byEvent) => {
        const story = await begin(written);
        for (const act of before.slice(0, 5)) await refusable(act(story));

        story.table.schedule(scheduler);
        await scheduler.waitFor(
          Promise.all(
            actors.map(async (commands) => {
              for (const act of commands.slice(0, 5)) await refusable(act(story));
            }),
          ),
        );
        story.table.unschedule();
        await end(story, byEvent);

        await assess(story);
      },
    ),
    { numRuns: samples(1000) },
  );
});
