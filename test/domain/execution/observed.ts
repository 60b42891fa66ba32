/** A table that remembers every status it was given, and one whose moments of effect fast-check chooses. */
import type fc from 'fast-check';
import { expect } from 'vitest';
import { DEPLOYMENT_LIFECYCLE } from '../../../lib/domain/deployment/schema.ts';
import { StaitheError } from '../../../lib/domain/error.ts';
import { JOB_LIFECYCLE, RUN_LIFECYCLE } from '../../../lib/domain/execution/model/run.ts';
import type { Lifecycle } from '../../../lib/domain/lifecycle.ts';
import { NOTIFICATION_LIFECYCLE } from '../../../lib/domain/notification/schema.ts';
import type { Check, Table, Write } from '../../../lib/domain/ports/table.ts';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { type MemoryTable, memoryTable } from '../../memory/table.ts';

const LIFECYCLES: Readonly<Record<string, Lifecycle<string>>> = {
  run: RUN_LIFECYCLE,
  job: JOB_LIFECYCLE,
  deployment: DEPLOYMENT_LIFECYCLE,
  notification: NOTIFICATION_LIFECYCLE,
};

export interface ObservedTable extends MemoryTable {
  /** From now on every call takes effect when the scheduler says so. */
  schedule(scheduler: fc.Scheduler): void;
  unschedule(): void;
  /** Statuses in the order in which they were written, by id; repeats left out. */
  readonly paths: ReadonlyMap<string, { entity: string; statuses: string[] }>;
}

export function observedTable(): ObservedTable {
  const table = memoryTable();
  const paths = new Map<string, { entity: string; statuses: string[] }>();
  let scheduler: fc.Scheduler | undefined;
  const effect = async <T>(label: string, act: () => Promise<T>): Promise<T> => {
    if (scheduler !== undefined) await scheduler.schedule(Promise.resolve(), label);
    return act();
  };
  const note = (write: Write | Check): void => {
    if (!('put' in write) || LIFECYCLES[write.put.entity] === undefined) return;
    const id = String(write.put.id);
    const path = paths.get(id) ?? { entity: write.put.entity, statuses: [] };
    if (path.statuses.at(-1) !== write.put.status) path.statuses.push(String(write.put.status));
    paths.set(id, path);
  };
  const wrapped: Table = {
    get: (key) => effect(`get ${key.pk}`, () => table.get(key)),
    getMany: (keys) => effect('get many', () => table.getMany(keys)),
    query: (query) => effect(`query ${query.partition}`, () => table.query(query)),
    write: (write) =>
      effect(`write ${'put' in write ? write.put.pk : write.remove.pk}`, async () => {
        await table.write(write);
        note(write);
      }),
    transact: (writes) =>
      effect('transaction', async () => {
        await table.transact(writes);
        writes.forEach(note);
      }),
  };
  return {
    ...wrapped,
    all: table.all,
    paths,
    schedule(given) {
      scheduler = given;
    },
    unschedule() {
      scheduler = undefined;
    },
  };
}

const FIRST: Readonly<Record<string, readonly string[]>> = {
  run: ['pending', 'building', 'completed', 'failed'],
  deployment: ['pending', 'awaiting_approval', 'waiting'],
};

/**
 * Every sequence of statuses that was ever written is a path of its lifecycle table, from its first status: a run of a
 * surveyed source is recorded as planned, as completed when it reuses an earlier one, or as failed; a deployment may wait.
 */
export function expectLawfulPaths(table: ObservedTable): void {
  for (const [id, { entity, statuses }] of table.paths) {
    const lifecycle = LIFECYCLES[entity] ?? {};
    expect(FIRST[entity] ?? ['pending'], id).toContain(statuses[0]);
    for (const [at, status] of statuses.slice(1).entries())
      expect(lifecycle[statuses[at] ?? ''], `${id}: ${statuses.join(' → ')}`).toContain(status);
  }
}

/**
 * The end of a run follows from its jobs: completed when they all are, failed when one is, cancelled when one is; one
 * without jobs may have ended in any way.
 */
export function expectEndOfItsJobs(run: unknown, jobs: readonly { readonly status?: unknown }[]): void {
  if (jobs.length === 0) return;
  const statuses = jobs.map(({ status }) => status);
  if (statuses.every((status) => status === 'completed')) expect(run).toBe('completed');
  else expect(statuses, `jobs of a run that has ${String(run)}`).toContain(run);
  if (run === 'completed') expect(new Set(statuses)).toEqual(new Set(['completed']));
}

/** A command may be refused; it may not break. */
export async function refusable(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (error instanceof StaitheError || error instanceof TargetError) return;
    // The functions in memory: a step that comes before the function exists is tried again by the workflow.
    if (error instanceof Error && error.message.startsWith('ResourceNotFoundException')) return;
    throw error;
  }
}
