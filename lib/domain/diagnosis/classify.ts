/**
 * What a failure is: its code, a sentence, and what to do next. It goes by the phase first, then by how the program
 * ended and what the machine ran out of, and last by what the tool that spoke last has printed. A number or a word
 * somewhere in a line decides nothing.
 */
import type { FailureCode } from '../execution/model/run.ts';
import { type End, endsOf } from './exit.ts';
import type { Facts } from './facts.ts';
import { linesOf } from './lines.ts';
import { firstError, lastMatch } from './match.ts';
import type { Phase } from './phase.ts';
import { DISK_HINT, MEMORY_HINT } from './rules/rule.ts';
import { failingStage } from './stage.ts';
import { hintOf, inWords, nameOf } from './words.ts';

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
      hint: 'Rerun the build when you need it.',
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

const FASTER = 'Make the step faster (a `cache` in staithe.yaml, a larger machine with `resources.compute`)';
const TIMES = {
  service: {
    whose: "the service's `timeout`",
    hint: `${FASTER}, or raise the service's \`timeout\` in staithe.yaml.`,
  },
  run: {
    whose: "the rest of the run's time limit",
    hint: `Increase the run's time limit: \`--timeout\` of \`staithe build create\`. The service's own \`timeout\` was not the limit; time in the queue counts towards the run's time limit. Or: ${FASTER.replace('Make', 'make')}.`,
  },
} as const;

function ofTimeout({ timed_out_after: seconds, time_of: timeOf = 'service' }: Facts, step: string): Verdict {
  const { whose, hint } = TIMES[timeOf];
  return {
    code: 'timeout_error',
    message: `The job was stopped after ${seconds} seconds, ${whose}, during ${step}.`,
    hint,
  };
}

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
  const found = lastMatch(lines, CODES[facts.phase]) ?? firstError(lines, CODES[facts.phase][0]);
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
      hint: 'Increase the time limit in the command, or make the command faster.',
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
function ranOutOfMemory(
  { out_of_memory: counted }: Facts,
  [exit = {}, ...reported]: readonly End[],
): boolean {
  if (counted) return isKilled(exit) || reported.some(isKilled);
  return reported.some(
    (end) => end.reportedBy === 'wrapper' || (end.reportedBy === 'shell' && isKilled(exit)),
  );
}

/** GNU timeout ends with 124 when the time was up (coreutils manual, 23.1): believed only of a command that calls it. */
const isTimeout = (facts: Facts): boolean =>
  facts.exit_code === 124 && /(?:^|[;&|\n]\s*)timeout\s/.test(facts.command ?? '');
