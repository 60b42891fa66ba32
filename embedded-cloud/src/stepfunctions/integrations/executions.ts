/**
 * `states:startExecution`, `.sync`, `.sync:2`, `.waitForTaskToken`
 * (https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html).
 */
import { createHash } from 'node:crypto';
import { StateFailure } from '../failure.ts';
import { isObject, type Json, type JsonObject, parseJson, toJson } from '../json.ts';
import type { Integration, Job, RoleClient } from './integration.ts';
import { toCamelCase, toPascalCase } from './member-case.ts';
import { pause } from './pause.ts';
import { serviceFailure } from './service-errors.ts';

const NAMES = { prefix: 'StepFunctions', general: 'AWSStepFunctionsException' };
const POLL_MS = 100;

/** The integration shows dates in milliseconds; on the wire they are seconds. */
async function call(client: RoleClient, action: string, args: JsonObject): Promise<JsonObject> {
  const request = toCamelCase(args);
  try {
    const response = toPascalCase(
      toJson(await client.call('states', action, isObject(request) ? request : {})),
    );
    const members =
      typeof response === 'object' && response !== null && !Array.isArray(response) ? response : {};
    for (const date of ['StartDate', 'StopDate']) {
      const seconds = members[date];
      if (typeof seconds === 'number') members[date] = Math.round(seconds * 1000);
    }
    return members;
  } catch (error) {
    throw serviceFailure(NAMES, error);
  }
}

function executionArn(submitted: Json): string {
  return isObject(submitted) ? String(submitted.ExecutionArn) : '';
}

function executionJob(parsesOutput: boolean): Job {
  return {
    async wait(client, submitted, scope) {
      for (;;) {
        scope.check();
        const execution = await call(client, 'DescribeExecution', { ExecutionArn: executionArn(submitted) });
        if (execution.Status === 'SUCCEEDED') {
          const { Output } = execution;
          return parsesOutput && typeof Output === 'string'
            ? { ...execution, Output: parseJson(Output) }
            : execution;
        }
        if (execution.Status !== 'RUNNING') {
          throw new StateFailure('States.TaskFailed', JSON.stringify(execution));
        }
        await pause(client.timers, POLL_MS);
      }
    },
    stop: (submitted) => ({
      service: 'states',
      action: 'StopExecution',
      input: {
        executionArn: executionArn(submitted),
        cause: 'The execution that started this one was stopped.',
      },
    }),
  };
}

export function startExecution(suffix: '' | '.sync' | '.sync:2' | '.waitForTaskToken'): Integration {
  const pattern = suffix === '' ? 'response' : suffix === '.waitForTaskToken' ? 'token' : 'sync';
  return {
    resourceType: 'states',
    resource: `startExecution${suffix}`,
    pattern,
    submit(client, args, task) {
      const { Input } = args;
      return call(client, 'StartExecution', {
        // A name derived from the attempt makes a start that is repeated after a crash give the same execution.
        Name: createHash('sha256').update(task.token).digest('hex').slice(0, 32),
        ...args,
        ...(Input === undefined ? {} : { Input: typeof Input === 'string' ? Input : JSON.stringify(Input) }),
      });
    },
    ...(pattern === 'sync' ? { job: executionJob(suffix === '.sync:2') } : {}),
  };
}
