/** What is gone without a result is tried again, three times in all, whoever finds it. */

import { beforeEach, describe, expect, test } from 'vitest';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../../lib/domain/execution/attempt/failed-attempt.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import * as Log from '../../../../lib/domain/log/index.ts';
import * as Reconcile from '../../../../lib/domain/sweep/index.ts';
import { ADMIN, builtJob, claimed, holderOf, planRun, type World, world } from '../../world.ts';
import { caught, FAULT } from '../caught.ts';
import { MACHINE, MINUTES, planned } from '../swept.ts';

const SPEAKS = { stage: 'at work', progress: 10 };

const STOPPED = caught('STOPPED');

let place: World;

beforeEach(async () => {
  place = await world();
});

const sweep = () => Reconcile.sweep(place.ports);

const read = (id: string) => Run.get(place.ports, ADMIN, id);

const wait = (minutes: number) => place.ports.clock.advance(minutes * MINUTES);

describe('a sweep', () => {
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
    expect(await Job.progress(place.ports, dispatch.job_id, SPEAKS, await holderOf(place, work))).toEqual({
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
});
