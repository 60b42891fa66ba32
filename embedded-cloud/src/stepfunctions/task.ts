/** Task states: hands work to an integration and waits for its result. */
import { randomUUID } from 'node:crypto';
import { type Branch, type Exit, limited } from './branch.ts';
import { MAX_SECONDS, type TaskState } from './definition.ts';
import { StateFailure } from './failure.ts';
import type { Integration, RoleClient } from './integrations/integration.ts';
import { resolveIntegration } from './integrations/registry.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { TaskRecord } from './position.ts';
import { evaluate, evaluateInteger, unexpectedType } from './query.ts';
import { Cancelled, type Scope } from './scope.ts';
import { recordTask } from './task-events.ts';
import { watch } from './task-watch.ts';
import { encodeToken } from './tokens.ts';

export async function runTask(branch: Branch, state: TaskState): Promise<Exit> {
  const integration = resolveIntegration(state.Resource);
  if (typeof integration === 'string') throw new StateFailure('States.Runtime', integration);
  const { phase } = branch.position;
  const task =
    phase.kind === 'task' ? resumed(branch, phase.task) : await schedule(branch, state, integration);
  const result = await perform(branch, integration, task);
  return branch.finish(state, state.Next, JSON.stringify(result), { result });
}

/**
 * A task found after a restart. What is only waited for (a job, a token) keeps its deadline; what has to be run again
 * gets its whole time again, as the time during which the cloud was down is not its own.
 */
function resumed(branch: Branch, task: TaskRecord): TaskRecord {
  if (task.submitted === undefined && task.timeoutSeconds !== undefined) {
    task.timeoutAt = branch.execution.runtime.timers.now() + task.timeoutSeconds * 1000;
  }
  return task;
}

/** Evaluates the fields of an attempt, and writes it down before anything is called. */
async function schedule(branch: Branch, state: TaskState, integration: Integration): Promise<TaskRecord> {
  const { execution, path } = branch;
  const token = encodeToken({
    machine: execution.row.machine_arn,
    execution: execution.row.arn,
    path,
    id: randomUUID(),
  });
  const bindings = branch.bindings(integration.pattern === 'token' ? { token } : {});
  const args = await evaluate(state.Arguments ?? {}, 'Arguments', bindings);
  const text = limited(JSON.stringify(args), 'arguments');
  const isFunction = integration.resource.startsWith('arn:');
  if (!isFunction && !isObject(args)) throw unexpectedType('Arguments', 'an object', args);
  const seconds = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds') => {
    const value = state[field];
    return value === undefined ? undefined : evaluateInteger(value, field, bindings, 1, MAX_SECONDS);
  };
  const timeoutSeconds = await seconds('TimeoutSeconds');
  const heartbeatSeconds = await seconds('HeartbeatSeconds');
  branch.scope.check();
  const now = execution.runtime.timers.now();
  const task: TaskRecord = {
    arguments: args,
    token,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds, timeoutAt: now + timeoutSeconds * 1000 }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
  };
  recordTask(branch, integration, 'Scheduled', {
    region: execution.runtime.cloud.region,
    parameters: text,
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  });
  recordTask(branch, integration, 'Started', {});
  branch.save({ kind: 'task', task });
  return task;
}

/** Runs the attempt under its deadlines, and records how it ended. */
async function perform(branch: Branch, integration: Integration, task: TaskRecord): Promise<Json> {
  const { runtime, row } = branch.execution;
  try {
    const result = await watch(branch, integration, task, (scope) => work(branch, integration, task, scope));
    const output = limited(JSON.stringify(result), 'result');
    recordTask(branch, integration, 'Succeeded', { output, outputDetails: { truncated: false } });
    return result;
  } catch (error) {
    const over = error instanceof StateFailure;
    const stopped = error instanceof Cancelled && error.reason === 'aborted';
    // A job that still runs although nobody waits for it any more is stopped, as AWS does.
    const running = stopped || (over && error.error === 'States.Timeout');
    if (running && integration.job !== undefined && task.submitted !== undefined) {
      runtime.outbox.add({
        principal: { kind: 'role', arn: row.role_arn },
        ...integration.job.stop(task.submitted),
      });
    }
    if (over) {
      const timedOut = error.error === 'States.Timeout' || error.error === 'States.HeartbeatTimeout';
      recordTask(branch, integration, timedOut ? 'TimedOut' : 'Failed', {
        error: error.error,
        cause: error.cause,
      });
    }
    throw error;
  }
}

function clientOf(branch: Branch): RoleClient {
  const { runtime, row } = branch.execution;
  const { cloud, timers } = runtime;
  return { cloud, timers, call: (service, action, input) => runtime.call(row, service, action, input) };
}

/** Submits the task, unless that was done before a restart, and waits as its pattern says. */
async function work(branch: Branch, integration: Integration, task: TaskRecord, scope: Scope): Promise<Json> {
  if (integration.pattern === 'token') return waitForToken(branch, integration, task, scope);
  const client = clientOf(branch);
  if (integration.job === undefined) return submit(branch, integration, task, client);
  if (task.submitted === undefined) {
    const submitted = await submit(branch, integration, task, client);
    accept(branch, integration, task, submitted, scope);
  }
  return integration.job.wait(client, task.submitted ?? null, scope);
}

function submit(
  branch: Branch,
  integration: Integration,
  task: TaskRecord,
  client: RoleClient,
): Promise<Json> {
  const { runtime, row } = branch.execution;
  runtime.store.flush();
  // A function's own ARN takes any JSON as its payload; all others were checked to have an object.
  return integration.submit(client, task.arguments as JsonObject, {
    executionArn: row.arn,
    machineArn: row.machine_arn,
    token: task.token,
  });
}

/** Writes down what the submitting call answered. A job whose task was given up meanwhile is stopped. */
function accept(
  branch: Branch,
  integration: Integration,
  task: TaskRecord,
  submitted: Json,
  scope: Scope,
): void {
  const { runtime, row } = branch.execution;
  if (scope.cancelled === 'aborted' && integration.job !== undefined) {
    runtime.outbox.add({
      principal: { kind: 'role', arn: row.role_arn },
      ...integration.job.stop(submitted),
    });
  }
  scope.check();
  task.submitted = submitted;
  recordTask(branch, integration, 'Submitted', {
    output: JSON.stringify(submitted),
    outputDetails: { truncated: false },
  });
  branch.save();
  runtime.store.flush();
}

function outcomeOf(outcome: NonNullable<TaskRecord['outcome']>): Json {
  if ('output' in outcome) return parseJson(outcome.output);
  throw new StateFailure(outcome.error, outcome.cause);
}

/** Waits for SendTaskSuccess or SendTaskFailure, which may come before the submitting call has answered. */
async function waitForToken(
  branch: Branch,
  integration: Integration,
  task: TaskRecord,
  scope: Scope,
): Promise<Json> {
  if (task.outcome !== undefined) return outcomeOf(task.outcome);
  const { tokens } = branch.execution.runtime;
  const outcome = new Promise<NonNullable<TaskRecord['outcome']>>((resolve) => {
    tokens.onOutcome(task.token, (outcome) => {
      task.outcome = outcome;
      branch.save();
      resolve(outcome);
    });
  });
  const submitted = (async () => {
    if (task.submitted === undefined) {
      const answer = await submit(branch, integration, task, clientOf(branch));
      if (scope.cancelled === undefined && task.outcome === undefined)
        accept(branch, integration, task, answer, scope);
    }
    return outcome;
  })();
  return outcomeOf(await Promise.race([outcome, submitted]));
}
