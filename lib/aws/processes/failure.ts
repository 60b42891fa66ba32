/** Why a version does not run, in words, with the last lines that it printed. */
import { hiding } from '../../domain/function-log/hidden.ts';
import { plain } from '../../domain/log/ansi.ts';
import { cut } from '../../domain/text.ts';
import type { ProcessRelease, Version } from './group.ts';

const MOST_CHARACTERS = 1_500;

/** Its values that are secrets are masked, and what steers a terminal is taken out. */
export function shownFailure({ Version: version, Failure }: Version, { variables }: ProcessRelease): string {
  const reason = Failure ?? 'It was stopped.';
  return cut(
    `Version ${version} does not run. ${hiding(variables)(reason.split('\n').map(plain).join('\n'))}`,
    MOST_CHARACTERS,
  );
}
