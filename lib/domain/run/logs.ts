/** The log of a run: the log streams of its jobs' attempts, one after the other, with a cursor over all of them. */
import * as z from 'zod';
import { StaitheError } from '../error.ts';
import { type JobRecord, jobs } from '../job/record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type LogLine, type LogPage, type Run } from './schema.ts';

/** Stream name to the log store's own cursor. */
const Cursor = z.record(z.string(), z.string());

function decode(cursor: string | undefined): Record<string, string> {
  if (cursor === undefined) return {};
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new StaitheError('invalid_cursor', 'The cursor is not one that this log gave.');
  }
}

/**
 * Lines after the cursor, in order of time within the page.
 * @throws StaitheError invalid_cursor
 */
export async function read(
  ports: Pick<Ports, 'table' | 'logs'>,
  run: Run,
  options: { cursor?: string | undefined; limit: number },
): Promise<LogPage> {
  const cursors = decode(options.cursor);
  // Read before the lines: a run seen ended now has no line that comes after them.
  const records = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  const streams = records.flatMap((job) => job.log_streams.map((stream) => ({ job, stream })));
  const limit = Math.max(1, Math.floor(options.limit / Math.max(1, streams.length)));
  const parts = await Promise.all(streams.map((part) => readStream(ports, part, cursors, limit)));
  return {
    items: parts
      .flatMap((part) => part.lines)
      .sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0)),
    next_cursor: Buffer.from(JSON.stringify(cursors)).toString('base64url'),
    complete: isFinal(LIFECYCLE, run.status) && parts.every((part) => part.lines.length === 0),
  };
}

async function readStream(
  ports: Pick<Ports, 'logs'>,
  { job, stream }: { job: JobRecord; stream: string },
  cursors: Record<string, string>,
  limit: number,
): Promise<{ lines: LogLine[] }> {
  const cursor = cursors[stream];
  const page = await ports.logs.read(stream, { ...(cursor !== undefined && { cursor }), limit });
  if (page.cursor !== undefined) cursors[stream] = page.cursor;
  const lines = page.lines.map((line) => ({
    timestamp: new Date(line.timestamp).toISOString(),
    job_id: job.id,
    service: job.service,
    message: line.message,
  }));
  return { lines };
}

/** How often a waiting reader looks: a line is on the screen within a second of being printed. */
const LOOK_EVERY_MS = 250;

/**
 * Like `read`, but waits for lines when there are none: the long poll of `--follow`.
 * @param wait seconds at most
 */
export async function follow(
  ports: Pick<Ports, 'table' | 'logs' | 'clock'>,
  readRun: () => Promise<Run | undefined>,
  options: { cursor?: string | undefined; limit: number; wait: number },
): Promise<LogPage> {
  const until = ports.clock.now().getTime() + options.wait * 1000;
  for (;;) {
    const run = await readRun();
    if (run === undefined) return { items: [], next_cursor: options.cursor ?? '', complete: true };
    const page = await read(ports, run, options);
    if (page.items.length > 0 || page.complete || ports.clock.now().getTime() >= until) return page;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
