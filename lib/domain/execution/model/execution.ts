/** The executions of the workflow that a run has had: the first is named after the run, later ones have a number too. */
import type { Run } from './run.ts';

/** The name of the present execution: `run_…`, of a second one `run_…-2`. */
export const executionOf = ({ id, workflow_attempt: n }: Pick<Run, 'id' | 'workflow_attempt'>): string =>
  n === 1 ? id : `${id}-${n}`;

/** The name of the one before; undefined of a first one. */
export const executionBefore = ({ id, workflow_attempt: n }: Run): string | undefined =>
  n === 1 ? undefined : executionOf({ id, workflow_attempt: n - 1 });

/** The run whose execution has this name. */
export const runIdOf = (execution: string): string => execution.replace(/-\d+$/, '');
