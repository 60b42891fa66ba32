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

interface ReadOptions {
  readonly cursor?: string | undefined;
  readonly limit: number;
  /** Also the lines in which the build platform speaks of itself. */
  readonly platform?: boolean;
}

/** CodeBuild's own lines: `[Container] 2026/11/21 09:30:00.123456 Entering phase BUILD`. */
const PLATFORM_LINE = /^\[Container\] \d{4}\/\d{2}\/\d{2} /;

/**
 * Lines after the cursor, in order of time within the page.
 * @throws StaitheError invalid_cursor
 */
export async function read(
  ports: Pick<Ports, 'table' | 'logs'>,
  run: Run,
  options: ReadOptions,
): Promise<LogPage> {
  const cursors = decode(options.cursor);
  // Read before the lines: a run seen ended now has no line that comes after them.
  const records = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  const streams = records.flatMap((job) => job.log_streams.map((stream) => ({ job, stream })));
  const limit = Math.max(1, Math.floor(options.limit / Math.max(1, streams.length)));
  const parts = await Promise.all(streams.map((part) => readStream(ports, part, cursors, limit)));
  const lines = parts.flat();
  return {
    items: lines
      .filter((line) => options.platform || !PLATFORM_LINE.test(line.message))
      .sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0)),
    next_cursor: Buffer.from(JSON.stringify(cursors)).toString('base64url'),
    complete: isFinal(LIFECYCLE, run.status) && lines.length === 0,
  };
}

async function readStream(
  ports: Pick<Ports, 'logs'>,
  { job, stream }: { job: JobRecord; stream: string },
  cursors: Record<string, string>,
  limit: number,
): Promise<LogLine[]> {
  const cursor = cursors[stream];
  const page = await ports.logs.read(stream, { ...(cursor !== undefined && { cursor }), limit });
  if (page.cursor !== undefined) cursors[stream] = page.cursor;
  return page.lines.map((line) => ({
    timestamp: new Date(line.timestamp).toISOString(),
    job_id: job.id,
    service: job.service,
    message: line.message,
  }));
}

/**
 * How often a waiting reader looks at one log stream: a line is on the screen within a second of being printed. Readers
 * of several streams look less often, as CloudWatch Logs answers 25 GetLogEvents a second in all (docs: CloudWatch Logs
 * quotas): so each reader asks 4 times a second whatever the run, and six may follow at once.
 */
const LOOK_EVERY_MS = 250;
/** Of 50 streams a look would come every 12 s; 5 s is the longest that somebody who watches should wait. */
const LOOK_AT_LEAST_EVERY_MS = 5000;

/**
 * Like `read`, but waits for lines when there are none: the long poll of `--follow`.
 * @param wait seconds at most
 */
export async function follow(
  ports: Pick<Ports, 'table' | 'logs' | 'clock'>,
  readRun: () => Promise<Run | undefined>,
  options: ReadOptions & { wait: number },
): Promise<LogPage> {
  const until = ports.clock.now().getTime() + options.wait * 1000;
  let { cursor } = options;
  for (;;) {
    const run = await readRun();
    if (run === undefined) return { items: [], next_cursor: cursor ?? '', complete: true };
    const page = await read(ports, run, { ...options, cursor });
    if (page.items.length > 0 || page.complete) return page;
    const moved = page.next_cursor !== cursor; // only platform lines came: there may be more behind them
    if (!moved && ports.clock.now().getTime() >= until) return page;
    cursor = page.next_cursor;
    if (moved) continue;
    const pause = Math.min(LOOK_EVERY_MS * Math.max(1, run.job_ids.length), LOOK_AT_LEAST_EVERY_MS);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
