/**
 * Lists of what has ids in order of time, newest first: of one partition, or of several (a project each) as if they were
 * one. Each partition is asked by its key and a range of times.
 */
import { type IdKind, idFrom, timeOfUlid } from '../id.ts';
import type { Item, Table } from '../ports/table.ts';
import type { Source } from './cursor.ts';
import type { Paging } from './list.ts';
import { listMerged, type Strand } from './merged.ts';

/** A partition whose sort keys are `prefix` and a ULID. */
export interface TimePartition {
  readonly of: Source;
  readonly partition: string;
  readonly prefix: string;
}

/** Both included; timestamps as `Date.toISOString` writes them. */
export interface Span {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface TimeOrdered<T> {
  /** Names the list, with what it is filtered by: its cursors are good for no other. */
  readonly name: string;
  readonly partitions: readonly TimePartition[];
  readonly span?: Span;
  /** As of `listMerged`. */
  readonly view: (items: readonly Item[]) => Promise<readonly (T | undefined)[]>;
}

/** @throws StaitheError invalid_cursor */
export async function listByTime<T>(
  table: Table,
  { name, partitions, span, view }: TimeOrdered<T>,
  paging: Paging,
): Promise<{ items: T[]; next_cursor: string | null }> {
  const strands = partitions.map((partition) => strandOf(partition, span));
  return listMerged(table, { name, strands, view }, paging);
}

/** The part of a partition that is of a span of time. */
export const strandOf = (partition: TimePartition, { since, until }: Span = {}): Strand => ({
  ...partition,
  from: ulidAt(since, '0'),
  to: ulidAt(until, 'Z'),
});

/** The first (`0`) or last (`Z`) ULID of a millisecond; of all time, when none is named. */
export function ulidAt(timestamp: string | undefined, rest: '0' | 'Z'): string {
  if (timestamp === undefined) return rest === '0' ? '0'.repeat(26) : `7${'Z'.repeat(25)}`;
  return timeOfUlid(Math.max(0, Date.parse(timestamp))) + rest.repeat(16);
}

/** Of ids of a kind in the first index, which is how most lists lie. */
export const timePartition = (kind: IdKind, partition: string, of: Source = 'gsi1'): TimePartition => ({
  of,
  partition,
  prefix: idFrom(kind, ''),
});
