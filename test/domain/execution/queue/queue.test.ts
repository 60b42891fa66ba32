/** The fair queue of a project that has a limit of concurrent jobs. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import * as Queue from '../../../../lib/domain/execution/queue/index.ts';
import type { QueueState } from '../../../../lib/domain/execution/queue/schema.ts';
import { addEntries, fillSlots, removeEntry } from '../../../../lib/domain/execution/queue/turn.ts';
import * as Project from '../../../../lib/domain/project/index.ts';
import { ADMIN, builtJob, planRun, startedBuild, type World, world } from '../../world.ts';

const FOUR = 'services: {a: {}, b: {}, c: {}, d: {}}';
const place = (run: string, job: number) => ({ job_id: `${run}-${job}`, run_id: run });
const queueOf = (limit: number): QueueState => ({ project_id: 'prj', limit, active: [], waiting: [] });
const jobsOf = (queue: QueueState) => queue.active.map(({ job_id }) => job_id);

describe('whose turn it is', () => {
  test('goes round between runs: a small one passes a large one that came before it', () => {
    const large = Array.from({ length: 5 }, (_, at) => place('large', at));
    let queue = fillSlots(addEntries(queueOf(2), large));
    queue = fillSlots(addEntries(queue, [place('small', 0)]));
    expect(jobsOf(queue)).toEqual(['large-0', 'large-1']);

    queue = fillSlots(removeEntry(queue, 'large-0'));

    expect(jobsOf(queue)).toEqual(['large-1', 'small-0']);
    expect(jobsOf(fillSlots(removeEntry(queue, 'small-0')))).toEqual(['large-1', 'large-2']);
  });

  test('never exceeds the limit, forgets nobody and serves everybody', () => {
    const step = fc.oneof(
      fc.record({ run: fc.constantFrom('x', 'y', 'z'), job: fc.nat({ max: 9 }) }),
      fc.nat({ max: 20 }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        let queue = queueOf(limit);
        const came = new Set<string>();
        const gone = new Set<string>();
        for (const one of steps) {
          if (typeof one === 'number') {
            const job = queue.active[one % Math.max(1, queue.active.length)]?.job_id;
            if (job !== undefined) gone.add(job);
            queue = fillSlots(removeEntry(queue, job ?? 'nobody'));
          } else if (!gone.has(`${one.run}-${one.job}`)) {
            came.add(`${one.run}-${one.job}`);
            queue = fillSlots(addEntries(queue, [place(one.run, one.job)]));
          }
          expect(queue.active.length).toBeLessThanOrEqual(limit);
          expect(queue.waiting.length === 0 || queue.active.length === limit).toBe(true);
          const inside = [...queue.active, ...queue.waiting].map(({ job_id }) => job_id).sort();
          expect(inside).toEqual([...came].filter((job) => !gone.has(job)).sort());
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('jobs of a project with a limit', () => {
  let at: World;
  const jobs = async (manifest = FOUR): Promise<Dispatch[]> => {
    const { run } = await startedBuild(at, manifest);
    return (await planRun(at, run.id)).jobs;
  };
  beforeEach(async () => {
    const made = await world();
    at = { ...made, project: await Project.update(made.ports, ADMIN, 'hello', { max_concurrent_jobs: 2 }) };
  });

  test('wait when all places are taken, and begin when one is free', async () => {
    const [first, second, third] = await jobs();
    expect([first?.queued, second?.queued, third?.queued]).toEqual([false, false, true]);
    if (first === undefined || third === undefined) throw new Error('Four jobs were planned.');
    await Queue.waitForTurn(at.ports, third.job_id, 'token-of-the-third');
    expect(at.ports.workflows.woken).toEqual([]);

    await builtJob(at, first);
    await Queue.dequeue(at.ports, at.project.id, first.job_id);

    expect(at.ports.workflows.woken).toEqual(['token-of-the-third']);
  });

  test('whose turn comes before they wait begin at once', async () => {
    const [first, , third] = await jobs();
    await Queue.dequeue(at.ports, at.project.id, first?.job_id ?? '');

    await Queue.waitForTurn(at.ports, third?.job_id ?? '', 'token');

    expect(at.ports.workflows.woken).toEqual(['token']);
  });

  test('are woken again by the repeat of a news that was lost on its way', async () => {
    const [first, , third] = await jobs();
    await Queue.waitForTurn(at.ports, third?.job_id ?? '', 'token');
    const broken = { ...at.ports.workflows, wake: () => Promise.reject(new Error('Step Functions is away')) };
    await expect(
      Queue.dequeue({ ...at.ports, workflows: broken }, at.project.id, first?.job_id ?? ''),
    ).rejects.toThrow('away');

    await Queue.dequeue(at.ports, at.project.id, first?.job_id ?? '');

    expect(at.ports.workflows.woken).toContain('token');
  });

  test('keep their places when a run is planned twice', async () => {
    const { run } = await startedBuild(at, FOUR);
    const once = await planRun(at, run.id);

    const twice = await planRun(at, run.id);

    expect(twice.jobs.map(({ job_id, queued }) => [job_id, queued])).toEqual(
      once.jobs.map(({ job_id, queued }) => [job_id, queued]),
    );
  });

  test('begin when the limit is raised or taken away', async () => {
    const [, , third, fourth] = await jobs();
    await Queue.waitForTurn(at.ports, third?.job_id ?? '', 'third');
    await Queue.waitForTurn(at.ports, fourth?.job_id ?? '', 'fourth');

    await Queue.setLimit(at.ports, at.project.id, 3);
    expect(at.ports.workflows.woken).toEqual(['third']);
    await Queue.setLimit(at.ports, at.project.id, undefined);

    expect(at.ports.workflows.woken).toContain('fourth');
  });

  test('of a project without one never wait', async () => {
    const other = await world();
    const { run } = await startedBuild(other, FOUR);

    expect((await planRun(other, run.id)).jobs.map(({ queued }) => queued)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
