/** From what was found in streams to a page of the log. */
import type { StoredLine } from '../ports/logs.ts';
import type { Position, Positions } from './cursor.ts';
import { asPrinted } from './marks.ts';
import type { Part } from './read.ts';
import type { LogLine } from './schema.ts';
import { fitting } from './size.ts';
import type { LogStream } from './streams.ts';

/** CodeBuild's own lines; what commands print in their likeness has a mark before it (marks.ts). */
const PLATFORM_LINE = /^\[Container\] \d{4}\/\d{2}\/\d{2} /;
/** Why a phase failed in which no command ran. Of a command that failed, its own lines tell more. */
const FAILED_PHASE = / Phase context status code: (?!COMMAND_EXECUTION_ERROR\b)[A-Z]\w* Message: \S/;

/** Whether a line is shown: those of the platform are on request only, unless they tell of its own failure. */
export function isShown(line: StoredLine, platform: boolean): boolean {
  return platform || !PLATFORM_LINE.test(line.message) || FAILED_PHASE.test(line.message);
}

/**
 * How many lines of each part a page may have.
 *
 * While a run works, all that fits: the lines of a quiet job are not held back for those of a job that floods, though
 * a later page may then bring lines that are older. Once it has ended nobody waits, and a page stops where the first
 * part stops that has more: so all pages together are in order of time. A stream that the store did not answer for
 * has nothing to stop at (store-limits.ts): its lines come with a later page, and may be older than what that follows.
 */
export function takeable(parts: readonly Part[], inOrder: boolean): number[] {
  const taken = fitting(parts.map((part) => part.lines));
  if (!inOrder) return taken;
  let until = Number.POSITIVE_INFINITY;
  for (const [index, part] of parts.entries()) {
    const count = taken[index] ?? 0;
    if (!part.more && count === part.lines.length) continue;
    until = Math.min(until, (part.lines[count - 1] ?? part.lines[count])?.timestamp ?? until);
  }
  return parts.map((part, index) => {
    const beyond = part.lines.findIndex((line) => line.timestamp > until);
    return Math.min(taken[index] ?? 0, beyond === -1 ? part.lines.length : beyond);
  });
}

export interface Taken {
  readonly stream: LogStream;
  readonly lines: readonly StoredLine[];
}

/** In order of time; lines of one stream stay in theirs. */
export function merged(lists: readonly Taken[]): LogLine[] {
  // Of a flood many lines have one millisecond.
  let [at, written] = [Number.NaN, ''];
  const timeOf = (timestamp: number): string => {
    if (timestamp !== at) [at, written] = [timestamp, new Date(timestamp).toISOString()];
    return written;
  };
  return lists
    .flatMap(({ stream, lines }) => lines.map((line) => ({ stream, line })))
    .sort((a, b) => a.line.timestamp - b.line.timestamp)
    .map(({ stream, line }) => ({
      timestamp: timeOf(line.timestamp),
      job_id: stream.job.id,
      service: stream.job.service,
      job: stream.job.name,
      attempt: stream.attempt,
      // CloudWatch Logs refuses empty events, so an empty line was sent to it as a blank.
      message: line.message === ' ' ? '' : line.message,
    }));
}

/** @param platform whether the platform's own lines are shown */
export function pageOf(
  parts: readonly Part[],
  before: Positions,
  { inOrder, platform }: { inOrder: boolean; platform: boolean },
): { items: LogLine[]; positions: Positions; moved: boolean } {
  const counts = takeable(parts, inOrder);
  const positions = new Map<string, Position>(before);
  const lists = parts.map((part, index) => {
    const count = counts[index] ?? 0;
    positions.set(part.stream.key, part.after(count));
    const lines = part.lines.slice(0, count).filter((line) => isShown(line, platform));
    return { stream: part.stream, lines: asPrinted(lines) };
  });
  return { items: merged(lists), positions, moved: parts.some((part) => part.lines.length > 0) };
}
