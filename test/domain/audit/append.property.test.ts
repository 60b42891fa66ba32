/**
 * Entries are written down, and functions chain them: several at once, twice, and dying at any write. Whatever the order:
 * each entry is in the chain once, no position is empty, and the chain verifies.
 */
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chainPending } from '../../../lib/domain/audit/append.ts';
import { record } from '../../../lib/domain/audit/record.ts';
import { verifyChain } from '../../../lib/domain/audit/verify.ts';
import type { Table } from '../../../lib/domain/ports/table.ts';
import { Partitions } from '../../../lib/domain/storage/keys.ts';
import { memoryTable } from '../../memory/table.ts';
import { entryOf, LOG, linksIn } from './logs.ts';

class Died extends Error {}

/** A function dies at one of its calls: before it takes effect, or after. */
interface Death {
  readonly call: number;
  readonly isDone: boolean;
}

const death = fc.option(fc.record({ call: fc.nat({ max: 8 }), isDone: fc.boolean() }), { nil: undefined });
const recording = fc.record({ kind: fc.constant('record' as const), entry: fc.nat({ max: 60 }), death });
const chaining = fc.record({
  kind: fc.constant('chain' as const),
  others: fc.array(fc.integer({ min: 100, max: 110 }), { maxLength: 3 }),
  death,
});
const stories = fc.array(fc.oneof({ weight: 3, arbitrary: recording }, chaining), {
  minLength: 1,
  maxLength: 60,
});

/** The table as one function uses it: its calls take effect in the order of the scheduler. */
function tableOf(table: Table, scheduler: fc.Scheduler, death: Death | undefined): Table {
  let calls = 0;
  const through = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    const inTurn = scheduler.scheduleFunction(async (...args: Args) => {
      const isLast = calls++ === death?.call;
      if (isLast && !death?.isDone) throw new Died();
      const result = await call(...args);
      if (isLast) throw new Died();
      return result;
    });
    return inTurn as typeof call;
  };
  return {
    get: through(table.get),
    getMany: through(table.getMany),
    write: through(table.write),
    transact: through(table.transact),
    query: through(table.query),
  };
}

test('a log has each entry once, without gaps, whatever happens at once or dies', async () => {
  await fc.assert(
    fc.asyncProperty(stories, fc.scheduler(), async (story, scheduler) => {
      const table = memoryTable();
      const expected = new Set<string>();
      const acts = story.map(async (step) => {
        const ports = { table: tableOf(table, scheduler, step.death) };
        if (step.kind === 'record') return record(ports, LOG, entryOf(step.entry));
        const others = step.others.map((n) => entryOf(n));
        for (const { id } of others) expected.add(id);
        return chainPending(ports, LOG, others);
      });
      const ends = Promise.allSettled(acts);
      await scheduler.waitFor(ends);
      for (const [at, end] of (await ends).entries()) {
        const step = story[at];
        if (end.status === 'rejected' && !(end.reason instanceof Died)) throw end.reason;
        if (step?.kind === 'record' && (end.status === 'fulfilled' || step.death?.isDone))
          expected.add(entryOf(step.entry).id);
      }

      // The stream repeats what failed.
      const again = story.flatMap((step) => (step.kind === 'chain' ? step.others : []));
      await chainPending(
        { table },
        LOG,
        again.map((n) => entryOf(n)),
      );

      const links = await linksIn(table);
      expect(links.map(({ seq }) => seq)).toEqual(links.map((_, index) => index + 1));
      expect(new Set(links.map(({ entry }) => entry?.id))).toEqual(expected);
      expect(links).toHaveLength(expected.size);
      expect(await verifyChain(links, { chain: LOG })).toMatchObject({ verified: expected.size });
      expect((await table.query({ partition: Partitions.pendingAudit(LOG), limit: 1 })).items).toEqual([]);
    }),
    { numRuns: samples(200) },
  );
});
