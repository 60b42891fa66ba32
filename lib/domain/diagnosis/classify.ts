/**
 * What a failure is: its code, a sentence, and what to do next. It goes by the phase first, then by how the program
 * ended and what the machine ran out of, and last by what the tool that spoke last has printed. A number or a word
 * somewhere in a line decides nothing.
 */
import type { FailureCode } from '../run/schema.ts';
import { type End, endsOf } from './exit.ts';
import { linesOf } from './lines.ts';
import type { Phase } from './phase.ts';
import { TOOLS } from './rules/index.ts';
import { DISK_HINT, MEMORY_HINT, type Tool } from './rules/rule.ts';
import { failingStage } from './stage.ts';
import { hintOf, inWords, nameOf } from './words.ts';

export interface Facts {
  readonly phase: Phase;
  readonly exit_code?: number | undefined;
  readonly signal?: string | undefined;
  /** The kernel killed a process of the job for want of memory meanwhile. */
  readonly out_of_memory?: boolean | undefined;
  /** The disk of the job has no room left. */
  readonly disk_full?: boolean | undefined;
  /** Seconds after which the job's time was up, when it was. */
  readonly timed_out_after?: number | undefined;
  readonly cancelled?: boolean | undefined;
  readonly command?: string | undefined;
  /** The end of the output; 200 lines are enough for every tool known here. */
  readonly last_lines: readonly string[];
}

export interface Diagnosis {
  readonly code: FailureCode;
  /** What happened, in a sentence. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  /** The failing step of a Dockerfile. */
  readonly stage?: string;
}

/** What can go wrong in each phase; the first is what it is when nothing says otherwise. */
const CODES: Readonly<Record<Phase, readonly [FailureCode, ...FailureCode[]]>> = {
  fetch: ['source_error', 'resource_error'],
  clone: ['clone_error', 'auth_error', 'resource_error'],
  unpack: ['source_error', 'resource_error'],
  prepare: ['manifest_error', 'resource_error'],
  command: ['build_error', 'auth_error', 'clone_error', 'registry_error', 'resource_error'],
  image: ['build_error', 'auth_error', 'clone_error', 'registry_error', 'resource_error', 'internal_error'],
  push: ['registry_error', 'auth_error', 'resource_error'],
  pack: ['build_error', 'resource_error'],
  upload: ['internal_error', 'resource_error'],
  agent: ['internal_error', 'resource_error'],
};

/** Classifies a failure. Pure: the same facts are the same diagnosis. */
export function classify(facts: Facts): Diagnosis {
  const step = nameOf(facts);
  if (facts.cancelled)
    return {
      code: 'cancelled',
      message: 'The run was cancelled.',
      hint: 'Run the build again when you want it.',
    };
  const stage = facts.phase === 'image' ? failingStage(facts.last_lines) : undefined;
  const { code, message, hint } =
    facts.timed_out_after === undefined ? ofFailure(facts, step) : ofTimeout(facts, step);
  return {
    code,
    message: stage === undefined ? message : `${message.replace(/\.$/, '')}, at ${stage}.`,
    hint,
    ...(stage !== undefined && { stage }),
  };
}

type Verdict = Pick<Diagnosis, 'code' | 'message' | 'hint'>;

const TIMEOUT_HINT =
  "Make the step faster (a `cache` in staithe.yaml, a larger machine with `resources.compute`), or raise the service's `timeout`; where less time was left of the run, raise the build's.";

const ofTimeout = (facts: Facts, step: string): Verdict => ({
  code: 'timeout_error',
  message: `The job was stopped after ${facts.timed_out_after} seconds, while it was at ${step}.`,
  hint: TIMEOUT_HINT,
});

function ofFailure(facts: Facts, step: string): Verdict {
  const lines = linesOf(facts.last_lines);
  const ends = endsOf(facts, lines);
  const how = `${step} ${inWords(facts)}`;
  if (facts.disk_full)
    return { code: 'resource_error', message: `${how}: the disk of the build is full.`, hint: DISK_HINT };
  if (ranOutOfMemory(facts, ends))
    return {
      code: 'resource_error',
      message: `${step} ran out of memory (it ${inWords(facts)}).`,
      hint: MEMORY_HINT,
    };
  const found = spokenLast(lines, CODES[facts.phase]);
  if (found !== undefined && found.code !== CODES[facts.phase][0])
    return { code: found.code, message: `${how}: ${found.line}`, hint: found.hint };
  if (facts.out_of_memory && found === undefined)
    return {
      code: 'resource_error',
      message: `${step} ran out of memory (it ${inWords(facts)}).`,
      hint: MEMORY_HINT,
    };
  if (isTimeout(facts))
    return {
      code: 'timeout_error',
      message: `${step} was stopped by its own \`timeout\`.`,
      hint: 'Raise the time that the command gives itself, or make it faster.',
    };
  return {
    code: CODES[facts.phase][0],
    message: found === undefined ? `${how}.` : `${how}: ${found.line}`,
    hint: found?.hint ?? hintOf(ends, facts.phase),
  };
}

const isKilled = (end: End): boolean => end.signal === 'SIGKILL';

/**
 * A kill alone says nothing: the kernel must have counted one, or make, a compiler or a builder says in words that its
 * child was killed, which in a build hardly anybody does but the kernel. A line `Killed` is believed of a shell that
 * ended so itself.
 */
function ranOutOfMemory({ out_of_memory: counted }: Facts, [own = {}, ...told]: readonly End[]): boolean {
  if (counted) return isKilled(own) || told.some(isKilled);
  return told.some((end) => end.saidBy === 'wrapper' || (end.saidBy === 'shell' && isKilled(own)));
}

/** GNU timeout ends with 124 when the time was up (coreutils manual, 23.1): believed only of a command that calls it. */
const isTimeout = (facts: Facts): boolean =>
  facts.exit_code === 124 && /(?:^|[;&|\n]\s*)timeout\s/.test(facts.command ?? '');

interface Finding {
  readonly code: FailureCode;
  readonly hint: string;
  /** The line that says so. */
  readonly line: string;
  /** Where the tool has spoken last. */
  readonly at: number;
}

/** What the tool says that spoke last: an earlier error that the build has survived is not why it failed. */
function spokenLast(lines: readonly string[], codes: readonly FailureCode[]): Finding | undefined {
  let last: Finding | undefined;
  for (const tool of TOOLS) {
    const finding = heard(tool, lines, codes);
    if (finding !== undefined && (last === undefined || finding.at > last.at)) last = finding;
  }
  return last;
}

function heard(tool: Tool, lines: readonly string[], codes: readonly FailureCode[]): Finding | undefined {
  let best: Omit<Finding, 'at'> | undefined;
  let at = -1;
  for (const { line: pattern, code, hint, quoted } of tool.rules) {
    if (!codes.includes(code)) continue;
    const index = lines.findLastIndex((line) => pattern.test(line));
    if (index === -1) continue;
    at = Math.max(at, index);
    const first = firstOfRow(lines, index, pattern);
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
const GAP = 20;

/** The first of the lines that a tool prints in a row: what follows of an error is often a consequence of it. */
function firstOfRow(lines: readonly string[], last: number, pattern: RegExp): number {
  let first = last;
  for (let index = last - 1; index >= 0 && first - index <= GAP; index -= 1)
    if (pattern.test(lines[index] ?? '')) first = index;
  return first;
}

/** The line that tells most; of some tools it stands below the one that they begin with, or above that which they end with. */
function quotedOf(pattern: RegExp | undefined, lines: readonly string[], at: number): string {
  const rule = lines[at] ?? '';
  if (pattern === undefined) return rule;
  const below = lines.slice(at, at + GAP).find((line) => pattern.test(line));
  const above = lines.slice(0, at).findLastIndex((line) => pattern.test(line));
  return below ?? (above === -1 ? rule : (lines[firstOfRow(lines, above, pattern)] ?? rule));
}

/** A sentence should stay one. */
const MESSAGE_LINE = 300;
const shortened = (line: string): string =>
  line.length > MESSAGE_LINE ? `${line.slice(0, MESSAGE_LINE)}…` : line;
