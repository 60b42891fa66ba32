/** The steps of the deployment workflow (stepfunctions/deployment.asl.yaml). */
import { cloudWatchFunctionLogs } from '../../lib/aws/function-logs.ts';
import { lambdaFunctions } from '../../lib/aws/functions.ts';
import { httpProbe } from '../../lib/aws/probe.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { rollBack } from '../../lib/domain/deployment/roll-back.ts';
import * as Steps from '../../lib/domain/deployment/steps.ts';
import { reasonOf } from '../../stepfunctions/cause.ts';
import { DeploymentStep } from '../../stepfunctions/deployment.ts';

const ports = {
  table: dynamoTable(),
  functions: lambdaFunctions(),
  functionLogs: cloudWatchFunctionLogs(),
  probe: httpProbe,
  clock,
};

export async function handler(event: unknown): Promise<unknown> {
  const step = DeploymentStep.parse(event);
  switch (step.task) {
    case 'apply':
      return Steps.apply(ports, step.deployment_id);
    case 'ready':
      return Steps.ready(ports, step.deployment_id);
    case 'shift':
      return Steps.shift(ports, step.deployment_id);
    case 'verify':
      return Steps.verify(ports, step.deployment_id);
    case 'succeed':
      return Steps.succeed(ports, step.deployment_id);
    case 'roll_back':
      return rollBack(ports, step.deployment_id, reasonOf(step.caught));
  }
}
