/** What is gone without a result is tried again, three times in all, whoever finds it. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { JobActor } from '../../../../lib/domain/access/actor.ts';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../../lib/domain/execution/attempt/failed-attempt.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import type { ClaimedJob } from '../../../../lib/domain/execution/model/job.ts';
import { runs } from '../../../../lib/domain/execution/model/run-record.ts';
import { resume } from '../../../../lib/domain/execution/plan/index.ts';
import { startNextWorkflow } from '../../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import * as Log from '../../../../lib/domain/log/index.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import * as Reconcile from '../../../../lib/domain/sweep/index.ts';
import { ADMIN, builtJob, claimed, planRun, TWO_SERVICES, type World, world } from '../../world.ts';
import { builtJobAlone, executionEnds, MACHINE, MINUTES, planned } from '../swept.ts';

const SPEAKS = { stage: 'at work', progress: 10 };
const caught = (BuildStatus: string) => ({
  error: 'States.TaskFailed',
  cause: JSON.stringify({ Build: { BuildStatus } }),
});
const FAULT = caught('FAULT');
const STOPPED = caught('STOPPED');

let place: World;
beforeEach(async () => {
  place = await world();
});
const sweep = () => Reconcile.sweep(place.ports);
const read = (id: string) => Run.get(place.ports, ADMIN, id);
const wait = (minutes: number) => place.ports.clock.advance(minutes * MINUTES);

/** The agent of one attempt, by its token. */
async function heldBy({ token }: ClaimedJob): Promise<JobActor> {
  const actor = await place.ports.jobTokens.verify(token);
  if (actor === undefined) throw new Error('The token of a claim is no good.');
  return actor;
}

describe('a sweep', () => {
  test('lets another workflow go on where one died, with the next attempt of what was at work', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);
    const [begun, waiting] = jobs as [Dispatch, Dispatch];
    const work = await claimed(place, begun);
    executionEnds(place, id, 'failed');

    await sweep();

    expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
    const again = (await planRun(place, id)).jobs;
    const attempts = new Map(again.map(({ job_id, attempt }) => [job_id, attempt]));
    expect([attempts.get(begun.job_id), attempts.get(waiting.job_id)]).toEqual([2, 1]);
    expect(await Job.progress(place.ports, begun.job_id, SPEAKS, await heldBy(work))).toEqual({
      cancel: true,
    });
    for (const dispatch of again) await builtJob(place, dispatch);
    await finish(place.ports, id);
    expect((await read(id)).status).toBe('completed');
  });

  test('fails a run whose third workflow died', async () => {
    const { id } = await planned(place);

    for (const name of [id, `${id}-2`, `${id}-3`]) {
      executionEnds(place, name, 'failed');
      await sweep();
    }

    expect(await read(id)).toMatchObject({
      status: 'failed',
      error: { code: 'internal_error', message: expect.stringContaining('died 3 times') },
    });
  });

  test('completes a run whose jobs had all completed when its third workflow died', async () => {
    const { id } = await planned(place);
    for (const name of [id, `${id}-2`]) {
      executionEnds(place, name, 'failed');
      await sweep();
    }
    const [dispatch] = (place.ports.workflows.find('build', `${id}-3`)?.input.jobs ?? []) as Dispatch[];
    if (dispatch === undefined) throw new Error('The third workflow has no job.');
    await builtJobAlone(place, dispatch);
    executionEnds(place, `${id}-3`, 'failed');

    await sweep();

    expect(await read(id)).toMatchObject({ status: 'completed', artifact_ids: [expect.any(String)] });
  });

  test('gives up an agent that fell silent and ends its machine; its workflow makes the next attempt', async () => {
    const { id, jobs } = await planned(place);
    let dispatch = jobs[0] as Dispatch;
    const work = await claimed(place, dispatch);
    const silent = async () => {
      place.ports.machines.place(id, dispatch.job_id, MACHINE);
      wait(4);
      expect((await sweep()).repairs).toMatchObject([{ what: 'agent silent' }]);
      return handleFailedAttempt(place.ports, dispatch.job_id, STOPPED, { attempt: dispatch.attempt });
    };

    const second = await silent();

    expect(place.ports.machines.stopped).toEqual([MACHINE.ref]);
    expect(second).toMatchObject({ retry: true, dispatch: { attempt: 2 } });
    expect(await Job.progress(place.ports, dispatch.job_id, SPEAKS, await heldBy(work))).toEqual({
      cancel: true,
    });
    for (const attempt of [2, 3]) {
      const settled = attempt === 2 ? second : await silent();
      if (!settled.retry) throw new Error('There was to be another attempt.');
      dispatch = settled.dispatch;
      await claimed(place, dispatch);
    }
    expect(await silent()).toEqual({ retry: false, end_all: false });
    const [job] = await Run.jobsOf(place.ports, await read(id));
    expect(job).toMatchObject({
      status: 'failed',
      lost_attempts: [1, 2, 3].map((attempt) => ({ attempt, reason: 'agent_silent', stage: 'starting' })),
      error: { code: 'internal_error', message: expect.stringMatching(/fell silent, 3 times.*'starting'/) },
    });
  });

  test('leaves the next attempt alone when the step that makes it is repeated', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    await claimed(place, dispatch);
    place.ports.machines.place(id, dispatch.job_id, MACHINE);
    wait(4);
    await sweep();
    const settled = () => handleFailedAttempt(place.ports, dispatch.job_id, STOPPED, { attempt: 1 });

    const [lostAnswer, repeat] = [await settled(), await settled()];

    expect([lostAnswer, repeat]).toMatchObject([
      { retry: true, dispatch: { attempt: 2 } },
      { retry: true, dispatch: { attempt: 2 } },
    ]);
    if (repeat.retry) await builtJob(place, repeat.dispatch);
    await finish(place.ports, id);
    expect((await read(id)).status).toBe('completed');
  });

  test.each(['stopped', 'failed', 'timed_out'] as const)(
    'does not take the machine of a lost attempt, which ended as %s, for that of the next',
    async (status) => {
      const { id, jobs } = await planned(place);
      const [dispatch] = jobs as [Dispatch];
      const startedAt = place.ports.clock.now();
      await claimed(place, dispatch);
      place.ports.machines.place(id, dispatch.job_id, { ...MACHINE, startedAt });
      wait(4);
      await sweep();
      await handleFailedAttempt(place.ports, dispatch.job_id, STOPPED, { attempt: 1 });
      place.ports.machines.place(id, dispatch.job_id, { ...MACHINE, startedAt, status });
      wait(7);

      expect((await sweep()).repairs).toEqual([]);

      const [job] = await Run.jobsOf(place.ports, await read(id));
      expect(job).toMatchObject({ attempt: 2, status: 'building', lost_attempts: [{ attempt: 1 }] });
    },
  );

  test('starts the next workflow with the next sweep when Step Functions refuses it once', async () => {
    const { id } = await planned(place);
    executionEnds(place, id, 'failed');
    place.ports.workflows.refusal = new Error('throttled');

    const refused = await sweep();
    place.ports.workflows.refusal = undefined;
    wait(3);
    await sweep();

    expect(refused.failures).toEqual([{ run_id: id, message: 'throttled' }]);
    expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
    expect((await read(id)).status).toBe('building');
  });

  test('gives up what an earlier workflow held when the sweep before broke off', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    await claimed(place, dispatch);
    executionEnds(place, id, 'failed');
    await runs.update(place.ports.table, Keys.run(id), (run) => ({ ...run, workflow_attempt: 2 }));
    wait(3);

    await sweep();

    expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
    const [job] = await Run.jobsOf(place.ports, await read(id));
    expect(job?.lost_attempts).toMatchObject([{ attempt: 1, reason: 'workflow_ended' }]);
  });

  test('takes nothing from a workflow that has followed meanwhile', async () => {
    const { id } = await planned(place);
    const before = await read(id);
    executionEnds(place, id, 'failed');
    await sweep();
    const [again] = (await planRun(place, id)).jobs as [Dispatch];
    const work = await claimed(place, again);

    await startNextWorkflow(place.ports, before, 'died');

    expect(await Job.progress(place.ports, again.job_id, SPEAKS, await heldBy(work))).toEqual({
      cancel: false,
    });
    expect((await read(id)).workflow_attempt).toBe(2);
  });

  test('fails a run, and stops its workflow, when the third one has missed an event too', async () => {
    const { id } = await planned(place);
    const missed = async (execution: string) => {
      const [dispatch] = (await planRun(place, id)).jobs;
      if (dispatch === undefined) throw new Error('There was to be a job.');
      await claimed(place, dispatch);
      place.ports.machines.place(execution, dispatch.job_id, { ...MACHINE, status: 'lost' });
      wait(6);
      await sweep();
      wait(5);
      await sweep();
    };
    await runs.update(place.ports.table, Keys.run(id), (run) => ({ ...run, workflow_attempt: 3 }));
    await resume(place.ports, await read(id));

    await missed(`${id}-3`);

    expect(await read(id)).toMatchObject({
      status: 'failed',
      error: { code: 'internal_error', message: expect.stringContaining('did not hear of it') },
    });
    expect(place.ports.workflows.find('build', `${id}-3`)?.status).toBe('stopped');
  });

  test('lets the machine of a second attempt come as late as that of a first one', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    await claimed(place, dispatch);
    await handleFailedAttempt(place.ports, dispatch.job_id, FAULT, { attempt: dispatch.attempt });
    place.ports.machines.place(id, dispatch.job_id, MACHINE);
    wait(50);

    expect((await sweep()).repairs).toEqual([]);
  });

  test.each([
    ['lost', 'machine_lost'],
    ['failed', 'agent_ended'],
  ] as const)(
    'tries a job again whose machine ended as %s, which its workflow never heard of',
    async (status, reason) => {
      const { id, jobs } = await planned(place);
      const [dispatch] = jobs as [Dispatch];
      await claimed(place, dispatch);
      place.ports.machines.place(id, dispatch.job_id, { ...MACHINE, status });
      wait(6);

      const first = await sweep();
      wait(5);
      const second = await sweep();

      expect([first.repairs, second.repairs]).toMatchObject([
        [{ what: 'machine gone' }],
        [{ what: 'event lost' }],
      ]);
      expect(place.ports.workflows.find('build', id)?.status).toBe('stopped');
      expect(place.ports.workflows.find('build', `${id}-2`)?.status).toBe('running');
      expect((await planRun(place, id)).jobs).toMatchObject([{ job_id: dispatch.job_id, attempt: 2 }]);
      const [job] = await Run.jobsOf(place.ports, await read(id));
      expect(job?.lost_attempts).toMatchObject([{ attempt: 1, reason, stage: 'starting' }]);
    },
  );

  test('numbers the log of each attempt, whether an agent told where it is, the sweep found it, or there is none', async () => {
    const { id, jobs } = await planned(place);
    const [dispatch] = jobs as [Dispatch];
    const ended = { ...MACHINE, status: 'failed' } as const;
    await handleFailedAttempt(place.ports, dispatch.job_id, FAULT, { attempt: 1 });
    place.ports.machines.place(id, dispatch.job_id, { ...ended, logStream: 'second' });
    wait(6);
    await sweep();
    const third = await handleFailedAttempt(place.ports, dispatch.job_id, FAULT, { attempt: 2 });
    if (!third.retry) throw new Error('There was to be another attempt.');
    await claimed(place, third.dispatch, { log_stream: 'third' });

    const { streams } = await Log.ofRun(place.ports, await read(id));

    expect(streams.map(({ name, attempt, live }) => ({ name, attempt, live }))).toEqual([
      { name: 'second', attempt: 2, live: false },
      { name: 'third', attempt: 3, live: true },
    ]);
  });

  test('waits with another workflow while a job of the present one is at work', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);
    const [lost, working] = jobs as [Dispatch, Dispatch];
    await claimed(place, lost);
    const work = await claimed(place, working);
    place.ports.machines.place(id, lost.job_id, { ...MACHINE, status: 'lost' });
    place.ports.machines.place(id, working.job_id, { ...MACHINE, ref: 'machine:2' });

    for (let minute = 0; minute < 10; minute++) {
      wait(1);
      await Job.progress(place.ports, work.job.id, SPEAKS, await heldBy(work));
      await sweep();
    }

    expect(place.ports.workflows.find('build', id)?.status).toBe('running');
    expect((await read(id)).workflow_attempt).toBe(1);
  });
});
