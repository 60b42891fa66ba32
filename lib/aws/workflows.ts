/** The port of long-running work on Step Functions. */
import {
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { WorkflowName, Workflows } from '../domain/ports/workflows.ts';
import { setting } from './settings.ts';

/** Workflow name to state machine ARN, as the infrastructure writes it. */
const Arns = z.partialRecord(z.enum(['build', 'deployment', 'trigger']), z.string());

export function stepFunctions(
  json: string = setting('STAITHE_STATE_MACHINES'),
  client: SFNClient = new SFNClient(),
): Workflows {
  const arns = Arns.parse(JSON.parse(json));
  const arnOf = (workflow: WorkflowName): string => {
    const arn = arns[workflow];
    if (arn === undefined) throw new Error(`This function knows no state machine '${workflow}'.`);
    return arn;
  };
  return {
    async start(workflow, name, input) {
      // The same name and input while it is open is a success by itself; once closed, the name is taken, which is as good.
      await client
        .send(
          new StartExecutionCommand({ stateMachineArn: arnOf(workflow), name, input: JSON.stringify(input) }),
        )
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) throw error;
        });
    },
    async stop(workflow, name, reason) {
      const executionArn = `${arnOf(workflow).replace(':stateMachine:', ':execution:')}:${name}`;
      await client
        .send(new StopExecutionCommand({ executionArn, error: 'Cancelled', cause: reason }))
        .catch((error: unknown) => {
          if (!(error instanceof ExecutionDoesNotExist)) throw error;
        });
    },
  };
}
