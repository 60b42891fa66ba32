/** The port of long-running work on Step Functions. */
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  SendTaskSuccessCommand,
  SFNClient,
  SFNServiceException,
  StartExecutionCommand,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import {
  WorkflowBusy,
  type WorkflowName,
  WorkflowRefused,
  type Workflows,
} from '../domain/ports/workflows.ts';
import { lean } from './lean.ts';
import { setting } from './settings.ts';

/** Workflow name to state machine ARN, as the infrastructure writes it. */
const Arns = z.partialRecord(z.enum(['build', 'deployment', 'trigger']), z.string());

/**
 * Refusals of the moment among those with a status of 4xx: throttling (also of the machine's key, `KmsThrottlingException`),
 * ExecutionLimitExceeded (a million open executions, of which some end), and credentials that were not renewed in time.
 */
const TRANSIENT = /Throttl|TooManyRequests|LimitExceeded|Expired|RequestTimeout/;

/** @throws WorkflowRefused when the request would be refused again (StartExecution, "Errors"; "Common Error Types"), else the error */
function throwRefused(error: unknown): never {
  if (!(error instanceof SFNServiceException) || TRANSIENT.test(error.name)) throw error;
  const { httpStatusCode = 0 } = error.$metadata;
  if (httpStatusCode < 400 || httpStatusCode >= 500 || httpStatusCode === 429) throw error;
  throw new WorkflowRefused(`${error.name}: ${error.message}`, { cause: error });
}

/** No answer came: a connection that failed, or a request that took too long. */
const NO_RESPONSE = /^(TimeoutError|RequestTimeout|NetworkingError)$/;
const CONNECTION = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$/;

function isTransient(error: unknown): boolean {
  if (error instanceof SFNServiceException) {
    const { httpStatusCode = 0 } = error.$metadata;
    return TRANSIENT.test(error.name) || httpStatusCode >= 500 || httpStatusCode === 429;
  }
  if (!(error instanceof Error)) return false;
  return NO_RESPONSE.test(error.name) || ('code' in error && CONNECTION.test(String(error.code)));
}

/** @throws WorkflowBusy, WorkflowRefused or, when it is neither, the error */
function throwNotStarted(workflow: WorkflowName, name: string, error: unknown): never {
  if (!(error instanceof Error) || !isTransient(error)) return throwRefused(error);
  // To the function's log, whoever catches it.
  process.emitWarning(
    `The ${workflow} workflow ${name} was not started for the moment, and is started later: ${error.name}: ${error.message}`,
    'WorkflowBusy',
  );
  throw new WorkflowBusy(`${error.name}: ${error.message}`, { cause: error });
}

export function stepFunctions(json?: string, client: SFNClient = lean(new SFNClient())): Workflows {
  let arns: z.infer<typeof Arns> | undefined;
  const arnOf = (workflow: WorkflowName): string => {
    // Read when a machine is named: a function that only wakes executions has no such setting.
    arns ??= Arns.parse(JSON.parse(json ?? setting('STAITHE_STATE_MACHINES')));
    const arn = arns[workflow];
    if (arn === undefined) throw new Error(`This function knows no state machine '${workflow}'.`);
    return arn;
  };
  const executionOf = (workflow: WorkflowName, name: string): string =>
    `${arnOf(workflow).replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    async start(workflow, name, input) {
      // The same name and input while it is open is a success by itself; once closed, the name is taken, which is as good.
      await client
        .send(
          new StartExecutionCommand({ stateMachineArn: arnOf(workflow), name, input: JSON.stringify(input) }),
        )
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists'))
            throwNotStarted(workflow, name, error);
        });
    },
    async wake(taskToken) {
      await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' })).catch((error: unknown) => {
        // Woken before, or its execution has ended (API reference, SendTaskSuccess).
        if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist) return;
        throw error;
      });
    },
    async state(workflow, name) {
      try {
        const { status } = await client.send(
          new DescribeExecutionCommand({ executionArn: executionOf(workflow, name) }),
        );
        if (status === 'SUCCEEDED') return 'succeeded';
        if (status === 'ABORTED' || status === 'TIMED_OUT') return 'stopped';
        return status === 'FAILED' ? 'died' : 'running';
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return undefined;
        throw error;
      }
    },
    async stop(workflow, name, reason) {
      const executionArn = executionOf(workflow, name);
      await client
        .send(new StopExecutionCommand({ executionArn, error: 'Cancelled', cause: reason }))
        .catch((error: unknown) => {
          if (!(error instanceof ExecutionDoesNotExist)) throwRefused(error);
        });
    },
  };
}
