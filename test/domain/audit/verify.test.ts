import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOfLink } from '../../../lib/domain/audit/hash.ts';
import type { AuditLink } from '../../../lib/domain/audit/schema.ts';
import { type Expected, type Verdict, verifyChain } from '../../../lib/domain/audit/verify.ts';
import { memoryTable } from '../../memory/table.ts';
import { LOG, logOf } from './logs.ts';

const COUNT = 6;
const links = await logOf(memoryTable(), COUNT);
const LINES = links.map((link) => JSON.stringify(link));
const HEAD = links.at(-1)?.hash;
const at = fc.nat({ max: COUNT - 1 });

/** As the CLI reads an exported file. */
const verifyLines = (lines: readonly string[], expected: Expected = {}): Promise<Verdict> =>
  verifyChain(
    lines.map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return undefined;
      }
    }),
    expected,
  );

describe('a log as it was written', () => {
  test('is intact, and has the head by which it is known', async () => {
    const verdict = await verifyLines(LINES, { chain: LOG, head: HEAD });

    expect(verdict).toEqual({ chain: LOG, verified: COUNT, head: { seq: COUNT, hash: HEAD } });
  });

  test('is known by any head that it had before', async () => {
    for (const { hash } of links)
      expect(await verifyLines(LINES, { head: hash })).not.toHaveProperty('fault');
  });

  test('may be empty', async () => {
    expect(await verifyLines([], { chain: LOG })).toEqual({ chain: LOG, verified: 0, head: undefined });
  });
});

describe('a log in which', () => {
  test('one byte was changed is not intact from that entry on', async () => {
    const change = fc.tuple(at, fc.nat(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([index, position, flip]) => {
        const bytes = Buffer.from(LINES[index] ?? '');
        const place = position % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ flip;
        const changed = LINES.with(index, bytes.toString());

        const { fault, verified } = await verifyLines(changed, { chain: LOG });

        expect(fault).toMatchObject({ seq: index + 1 });
        expect(verified).toBe(index);
      }),
      { numRuns: samples(2000) },
    );
  });

  test('one entry is missing names its position', async () => {
    for (let index = 0; index < COUNT - 1; index++) {
      const { fault } = await verifyLines(LINES.toSpliced(index, 1));
      expect(fault).toMatchObject({ kind: 'missing', seq: index + 1 });
    }
  });

  test('the content of one entry is missing names its position', async () => {
    for (const [index, link] of links.entries()) {
      const without = LINES.with(index, JSON.stringify({ ...link, entry: null }));
      expect((await verifyLines(without)).fault).toMatchObject({ kind: 'missing', seq: index + 1 });
    }
  });

  test('two entries were swapped names the first of them', async () => {
    await fc.assert(
      fc.asyncProperty(at, at, async (one, other) => {
        fc.pre(one !== other);
        const [first, second] = [Math.min(one, other), Math.max(one, other)];
        const swapped = LINES.with(first, LINES[second] ?? '').with(second, LINES[first] ?? '');

        const { fault } = await verifyLines(swapped);

        expect(fault).toMatchObject({ kind: 'reordered', seq: first + 1 });
      }),
      { numRuns: samples(100) },
    );
  });

  test('two contents were swapped names the first of them', async () => {
    const [one, other] = [links[1], links[3]];
    const swapped = links
      .with(1, { ...one, entry: other?.entry } as AuditLink)
      .with(3, { ...other, entry: one?.entry } as AuditLink);

    expect((await verifyChain(swapped)).fault).toMatchObject({ kind: 'changed', seq: 2 });
  });

  test('an entry comes twice names the second', async () => {
    const twice = LINES.toSpliced(2, 0, LINES[1] ?? '');

    expect((await verifyLines(twice)).fault).toMatchObject({ seq: 3 });
  });

  test('the last entries are missing is told from an intact one by a head that was noted', async () => {
    for (let left = 0; left < COUNT; left++) {
      const { fault } = await verifyLines(LINES.slice(0, left), { head: HEAD });
      expect(fault).toMatchObject({ kind: 'missing', seq: left + 1 });
    }
  });

  test('an entry was changed and all hashes made anew is told by a head that was noted', async () => {
    let prev_hash = links[0]?.hash ?? '';
    const forged = links.map((link, index) => {
      if (index === 0) return link;
      const next = { ...link, prev_hash, entry: { ...link.entry, action: 'nothing' } };
      prev_hash = hashOfLink(next);
      return { ...next, hash: prev_hash };
    });

    expect(await verifyChain(forged)).not.toHaveProperty('fault');
    expect((await verifyChain(forged, { head: HEAD })).fault).toMatchObject({ kind: 'missing' });
  });

  test('a field was added to an entry is not intact', async () => {
    const more = links.with(4, { ...links[4], entry: { ...links[4]?.entry, note: 'x' } } as AuditLink);

    expect((await verifyChain(more)).fault).toMatchObject({ kind: 'changed', seq: 5 });
  });

  test('all is of another log is not the log that was asked for', async () => {
    const other = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C4';

    expect((await verifyLines(LINES, { chain: other })).fault).toMatchObject({ kind: 'changed', seq: 1 });
  });
});
