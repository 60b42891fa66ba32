/** What the output of a failure says: by the rules of the tools, or by how programs begin their errors. */
import type { FailureCode } from '../execution/model/run.ts';
import { TOOLS } from './rules/index.ts';
import type { Rule, Tool } from './rules/rule.ts';

interface Match {
  readonly code: FailureCode;
  readonly hint: string;
  /** The line that says so. */
  readonly line: string;
  /** Where the tool has spoken last. */
  readonly at: number;
}

/** What the tool says that spoke last: an earlier error that the build has survived is not why it failed. */
export function lastMatch(lines: readonly string[], codes: readonly FailureCode[]): Match | undefined {
  let last: Match | undefined;
  for (const tool of TOOLS) {
    const match = matchOf(tool, lines, codes);
    if (match !== undefined && (last === undefined || match.at > last.at)) last = match;
  }
  return last;
}

function matchOf(tool: Tool, lines: readonly string[], codes: readonly FailureCode[]): Match | undefined {
  let best: Omit<Match, 'at'> | undefined;
  let at = -1;
  for (const { line: pattern, code, hint, quoted } of tool.rules) {
    if (!codes.includes(code)) continue;
    const index = lines.findLastIndex((line) => pattern.test(line));
    if (index === -1) continue;
    at = Math.max(at, index);
    const first = firstOfSeries(lines, index, pattern);
    const found = pattern.exec(lines[first] ?? '');
    if (best === undefined && found !== null)
      best = {
        code,
        hint: typeof hint === 'string' ? hint : hint(found),
        line: shortened(quotedOf(quoted, lines, first).trim()),
      };
  }
  return best === undefined ? undefined : { ...best, at };
}

/** Source lines, notes and hints that compilers print between two errors. */
const MAX_GAP = 20;

/** The first of the lines that a tool prints in a row: what follows of an error is often a consequence of it. */
function firstOfSeries(lines: readonly string[], last: number, pattern: RegExp): number {
  let first = last;
  for (let index = last - 1; index >= 0 && first - index <= MAX_GAP; index -= 1)
    if (pattern.test(lines[index] ?? '')) first = index;
  return first;
}

/** The line that tells most; of some tools it stands below the one that they begin with, or above that which they end with. */
function quotedOf(patterns: Rule['quoted'] = [], lines: readonly string[], at: number): string {
  for (const pattern of patterns) {
    const below = lines.slice(at, at + MAX_GAP).find((line) => pattern.test(line));
    if (below !== undefined) return below;
    const above = lines.slice(0, at).findLastIndex((line) => pattern.test(line));
    if (above !== -1) return lines[firstOfSeries(lines, above, pattern)] ?? '';
  }
  return lines[at] ?? '';
}

/** How programs begin the line of an error, of which nothing more is known here: GNU Coding Standards, 4.4, and alike. */
const ANY_ERROR = /^(?:[\w./+-]+: )?(?:fatal error|fatal|error)(?:\[\w+\])?: \S/i;

/** What a person reads first where no tool is known: warnings that follow are not why it failed. */
export function firstError(lines: readonly string[], code: FailureCode): Match | undefined {
  const at = lines.findIndex((line) => ANY_ERROR.test(line));
  const hint = 'Read on from that line; running the same command in a clean checkout usually shows the same.';
  return at === -1 ? undefined : { code, hint, line: shortened((lines[at] ?? '').trim()), at };
}

/** A sentence should stay one. */
const MAX_LINE_LENGTH = 300;
const shortened = (line: string): string =>
  line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line;
