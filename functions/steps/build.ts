/** The steps of the build workflow (stepfunctions/build.asl.yaml). */
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { handleFailedAttempt } from '../../lib/domain/execution/attempt/failed-attempt.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import * as Queue from '../../lib/domain/execution/queue/index.ts';
import { BuildStep } from '../../stepfunctions/build.ts';

const ports = {
  table: dynamoTable(),
  workflows: stepFunctions(),
  compute: codeBuild(),
  clock,
  randomness,
};

export async function handler(event: unknown): Promise<unknown> {
  const step = BuildStep.parse(event);
  switch (step.task) {
    case 'handle_failed_attempt':
    case 'settle':
      return handleFailedAttempt(ports, step.job_id, step.caught, {
        attempt: step.attempt,
        failFast: step.fail_fast,
      });
    case 'wait':
      return Queue.waitForTurn(ports, step.job_id, step.token);
    case 'finish':
      return finish(ports, step.run_id);
  }
}
