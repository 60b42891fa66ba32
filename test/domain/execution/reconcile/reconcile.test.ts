/** Whatever was lost on the way, one sweep ends it with a reason. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../../../lib/domain/artifact/index.ts';
import * as Upload from '../../../../lib/domain/artifact/upload.ts';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { WorkflowRefused } from '../../../../lib/domain/ports/workflows.ts';
import * as Reconcile from '../../../../lib/domain/sweep/index.ts';
import { ADMIN, agentOf, claimed, startedBuild, TWO_SERVICES, type World, world } from '../../world.ts';
import { builtJobAlone, executionEnds, MACHINE, MINUTES, planned } from '../swept.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const sweep = () => Reconcile.sweep(place.ports);
const read = (id: string) => Run.get(place.ports, ADMIN, id);
const wait = (minutes: number) => place.ports.clock.advance(minutes * MINUTES);

/** As if its workflow had never been started. */
function forget(run: string): void {
  const { executions } = place.ports.workflows;
  const own = executions.findIndex(({ name }) => name === run);
  (executions as (typeof executions)[number][]).splice(own, 1);
}

describe('a sweep', () => {
  test('of runs that are well changes nothing', async () => {
    const { id, jobs } = await planned(place, TWO_SERVICES);
    await claimed(place, jobs[0] as Dispatch);
    wait(1);

    expect(await sweep()).toEqual({
      checked: 1,
      repairs: [],
      uploads: [],
      deployments: [],
      notifications: [],
      failures: [],
    });
    expect((await read(id)).status).toBe('building');
  });

  test('looks at nothing that has ended', async () => {
    const { id } = await planned(place);
    await Run.cancel(place.ports, ADMIN, id);

    expect((await sweep()).checked).toBe(0);
  });

  test('starts a run whose workflow was never started', async () => {
    const { run } = await startedBuild(place);
    forget(run.id);
    wait(3);

    expect((await sweep()).repairs).toMatchObject([{ run_id: run.id, what: 'never started' }]);
    expect(place.ports.workflows.find('build', run.id)?.status).toBe('running');
  });

  describe.each([
    ['its first workflow', async () => (await startedBuild(place)).run.id, (id: string) => forget(id)],
    [
      'the one that follows a dead one',
      async () => (await planned(place)).id,
      (id: string) => executionEnds(place, id, 'failed'),
    ],
  ])('of a run that is refused the start of %s', (_, begun, breaks) => {
    test('ends it, and its jobs, with the reason after ten minutes of it', async () => {
      const id = await begun();
      breaks(id);
      place.ports.workflows.refusal = new WorkflowRefused('AccessDeniedException: not authorized');
      wait(3);

      for (let minute = 0; minute < 10; minute++) {
        expect((await sweep()).failures).toMatchObject([{ run_id: id }]);
        wait(1);
      }
      expect((await sweep()).repairs).toMatchObject([{ run_id: id, what: 'start refused' }]);

      const run = await read(id);
      expect(run).toMatchObject({
        status: 'failed',
        error: { code: 'internal_error', message: expect.stringContaining('not authorized') },
      });
      expect((await Run.jobsOf(place.ports, run)).filter(({ status }) => status !== 'failed')).toEqual([]);
      expect((await sweep()).checked).toBe(0);
    });

    test('starts it when the refusal is mended before', async () => {
      const id = await begun();
      breaks(id);
      place.ports.workflows.refusal = new WorkflowRefused('StateMachineDeleting');
      wait(3);
      await sweep();
      place.ports.workflows.refusal = undefined;

      expect((await sweep()).repairs).toMatchObject([{ run_id: id }]);
      expect((await read(id)).start_refused_at).toBeUndefined();
      expect(place.ports.workflows.executions.filter(({ status }) => status === 'running')).toHaveLength(1);
    });

    test('counts nothing that may pass by itself', async () => {
      const id = await begun();
      breaks(id);
      place.ports.workflows.refusal = new Error('Rate exceeded');
      wait(3);

      for (let minute = 0; minute < 20; minute++) {
        await sweep();
        wait(1);
      }

      expect((await read(id)).start_refused_at).toBeUndefined();
    });
  });

  test('fails a run whose execution was stopped, and its jobs', async () => {
    const { id } = await planned(place);
    executionEnds(place, id, 'stopped');

    await sweep();

    const run = await read(id);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect((await Run.jobsOf(place.ports, run)).map(({ status }) => status)).toEqual(['failed']);
  });

  test('leaves an agent that speaks alone, however long it takes', async () => {
    const { id, jobs } = await planned(place);
    const work = await claimed(place, jobs[0] as Dispatch);
    for (let minute = 0; minute < 10; minute++) {
      wait(1);
      await Job.progress(place.ports, work.job.id, { stage: 'at work', progress: 10 }, agentOf(work));
      expect((await sweep()).repairs).toEqual([]);
    }
    expect((await read(id)).status).toBe('building');
  });

  test.each([
    ['timed_out', 'timeout_error'],
    ['stopped', 'cancelled'],
  ] as const)('fails a job whose machine ended as %s, which nobody heard of', async (status, code) => {
    const { id, jobs } = await planned(place);
    place.ports.machines.place(id, jobs[0]?.job_id ?? '', { ...MACHINE, status });
    wait(6);

    expect((await sweep()).repairs).toMatchObject([{ what: 'machine gone' }]);
    const [job] = await Run.jobsOf(place.ports, await read(id));
    expect(job).toMatchObject({ status: 'failed', error: { code } });
  });

  test('lets a job wait for a machine', async () => {
    const { id, jobs } = await planned(place);
    place.ports.machines.place(id, jobs[0]?.job_id ?? '', MACHINE);
    wait(50);

    expect((await sweep()).repairs).toEqual([]);
    expect((await read(id)).status).toBe('building');
  });

  test('ends a run whose jobs have ended while its workflow still waits for a lost event', async () => {
    const { id, jobs } = await planned(place);
    await builtJobAlone(place, jobs[0] as Dispatch);
    wait(2);

    expect((await sweep()).repairs).toMatchObject([{ what: 'event lost' }]);
    const run = await read(id);
    expect(run.status).toBe('completed');
    expect(run.artifact_ids).toHaveLength(1);
    expect(place.ports.workflows.find('build', id)?.status).toBe('stopped');
  });

  test('ends a run that is out of time', async () => {
    const { id } = await planned(place, TWO_SERVICES, { timeout_seconds: 300 });
    wait(6);

    await sweep();

    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'timeout_error' } });
    expect(place.ports.workflows.find('build', id)?.status).toBe('stopped');
  });

  test('gives up an upload that never came, with the reason, and no other', async () => {
    const named = { name: 'a.zip', content_type: 'application/zip' };
    const old = await Upload.create(place.ports, ADMIN, place.project, named);
    wait(25 * 60);
    const young = await Upload.create(place.ports, ADMIN, place.project, named);

    expect((await sweep()).uploads).toEqual([old.id]);

    const read = (id: string) => Artifact.get(place.ports, ADMIN, id);
    expect(await read(old.id)).toMatchObject({
      status: 'rejected',
      error: { message: expect.stringContaining('was not received in time') },
    });
    expect((await read(young.id)).status).toBe('pending');
    expect((await sweep()).uploads).toEqual([]);
  });

  test('goes on with the others when one run cannot be looked at', async () => {
    const one = await planned(place);
    const other = await planned(place, TWO_SERVICES);
    executionEnds(place, one.id, 'stopped');
    executionEnds(place, other.id, 'stopped');
    const { workflows } = place.ports;
    const state: typeof workflows.state = (workflow, name) =>
      name === one.id ? Promise.reject(new Error('throttled')) : workflows.state(workflow, name);

    const done = await Reconcile.sweep({ ...place.ports, workflows: { ...workflows, state } });

    expect(done.failures).toEqual([{ run_id: one.id, message: 'throttled' }]);
    expect((await read(other.id)).status).toBe('failed');
    expect((await read(one.id)).status).toBe('building');
  });

  test('sees more open runs than one page has', async () => {
    for (let at = 0; at < 103; at++) await startedBuild(place);

    expect((await sweep()).checked).toBe(103);
  });
});
