/** Where a reader stands in the log of a function: from when it reads on, and which events from then on it has had. */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import type { Environment } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import type { FunctionEvent } from '../ports/function-logs.ts';
import type { Table } from '../ports/table.ts';
import { seal, unseal } from '../storage/seal.ts';
import { nameOf } from '../target/index.ts';

export interface LogPosition {
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Marks of events that were given already. */
  readonly seen: ReadonlySet<string>;
  /** The store's own token, of a search that has found nothing yet and is not at its end. */
  readonly token?: string | undefined;
}

/** 48 bits of an id: among 800 events two are alike once in a billion pages. */
const markOf = ({ id }: FunctionEvent): string =>
  createHash('sha256').update(id).digest().subarray(0, 6).toString('base64url');

export const isSeen = ({ seen }: LogPosition, event: FunctionEvent): boolean => seen.has(markOf(event));

/** 800 marks of 8 characters are packed in 5 KB, and 7 KB as a cursor: a request has 10,240 bytes (API Gateway quotas). */
const MAX_SEEN = 800;

/**
 * The reader's place behind these events. Events of several processes come in no order: what was printed up to `lateBy`
 * before the last one may still arrive, so the reader looks there again, as far as it can remember what it has had.
 * @param had in order of time: the events from the place on that the reader has had, in this page or before
 */
export function positionAfter(
  before: LogPosition,
  had: readonly FunctionEvent[],
  lateByMs: number,
): LogPosition {
  const last = had.at(-1);
  if (last === undefined) return { from: before.from, seen: before.seen };
  const met = new Set(had.map(markOf));
  // Had before, and behind the end of this page.
  const beyond = [...before.seen].filter((mark) => !met.has(mark));
  const room = Math.max(1, MAX_SEEN - beyond.length);
  let from = Math.max(before.from, last.timestamp - lateByMs);
  let overlap = had.filter(({ timestamp }) => timestamp >= from);
  if (overlap.length > room) {
    // Of one millisecond either all are remembered or it is not read again, or some would be given twice.
    from = (overlap.at(-room - 1)?.timestamp ?? from) + 1;
    overlap = overlap.filter(({ timestamp }) => timestamp >= from);
  }
  return { from, seen: new Set([...overlap.map(markOf), ...beyond]) };
}

const Encoded = z.tuple([z.int().min(0), z.string(), z.string()]);
const MAX_BYTES = 64 * 1024;
const refused = () =>
  new StaitheError(
    'invalid_cursor',
    'The cursor does not belong to this log, or the function of the environment has been recreated since.',
  );
const purposeOf = (log: string): string => `function log ${log}`;

/** Since when the function is the environment's target, in milliseconds since the epoch: nothing before is shown. */
export const beginningOf = ({ function_since: since, created_at: created }: Environment): number =>
  Date.parse(since ?? created);

/**
 * Names the log that a cursor is good for. A function that the environment left and came back to, and an environment of
 * an earlier one's name, have another log: what was printed in between may be another project's.
 */
export const logOf = (environment: Environment): string =>
  JSON.stringify([
    environment.project_id,
    environment.name,
    nameOf(environment.target),
    beginningOf(environment),
  ]);

export function sealed(table: Table, log: string, { from, seen, token = '' }: LogPosition): Promise<string> {
  const packed = deflateRawSync(JSON.stringify([from, [...seen].join(''), token]), { level: 9 });
  return seal(table, purposeOf(log), packed);
}

/**
 * @param earliest no place is before it, whatever the cursor says
 * @throws StaitheError invalid_cursor
 */
export async function opened(
  table: Table,
  log: string,
  cursor: string,
  earliest: number,
): Promise<LogPosition> {
  const packed = await unseal(table, purposeOf(log), cursor);
  if (packed === undefined) throw refused();
  try {
    const text = inflateRawSync(packed, { maxOutputLength: MAX_BYTES }).toString();
    const [from, marks, token] = Encoded.parse(JSON.parse(text));
    const seen = new Set(marks.match(/.{8}/g));
    // The store's token goes on with a search that began at `from`, so it is of no use for another beginning.
    if (from < earliest) return { from: earliest, seen };
    return { from, seen, ...(token !== '' && { token }) };
  } catch {
    throw refused();
  }
}
