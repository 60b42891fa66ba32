/** Executions that an earlier version started call the steps of this one. */
import { expect, test } from 'vitest';
import { BuildStep } from '../../stepfunctions/build.ts';

test('a build workflow of an earlier version, which calls the failed attempt `settle`, still goes on', () => {
  const input = {
    job_id: 'job_01K00000000000000000000000',
    attempt: 1,
    caught: { error: 'States.TaskFailed', cause: '' },
    fail_fast: false,
  };

  const [former, present] = ['settle', 'handle_failed_attempt'].map((task) =>
    BuildStep.parse({ ...input, task }),
  );

  expect(former).toEqual({ ...present, task: 'settle' });
});
