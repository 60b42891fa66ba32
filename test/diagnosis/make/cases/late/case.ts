/** A failure whose last lines are warnings, notes or advice: what a person would quote stands above them. */
import type { Case } from '../../case.ts';

type Late = Omit<Case, 'name' | 'label' | 'headline'> & Partial<Pick<Case, 'label'>>;

/** @param headline what a person would quote of the log */
export const late = (name: string, headline: string, rest: Late): Case => ({
  name,
  label: 'build_error',
  headline,
  ...rest,
});

/** The command fails, others go on after it, and its exit code is the job's: what `make -k`, CI scripts and `|| true` chains do. */
export const goingOn = (fails: string, ...after: string[]): string =>
  `${fails} || status=$?; ${after.join('; ')}; exit $status`;
