/** What a Task's Resource is to the interpreter. */
import type { Cloud } from '../../service.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Scope } from '../scope.ts';
import type { Timers } from '../timers.ts';

/** Calls other services as the state machine's role. */
export interface RoleClient {
  readonly cloud: Cloud;
  readonly timers: Timers;
  /** @throws AwsError as the service answers it */
  call(service: string, action: string, input: Record<string, unknown>): Promise<unknown>;
}

export interface TaskContext {
  readonly executionArn: string;
  readonly machineArn: string;
  /** Unique for this attempt of the task, the same when it is submitted again after a crash. */
  readonly token: string;
}

/** The job of a `.sync` task. `submitted` is what `submit` answered. */
export interface Job {
  /** Resolves with the task's result when the job has ended. @throws StateFailure when it failed */
  wait(client: RoleClient, submitted: Json, scope: Scope): Promise<Json>;
  /** The call that stops the job, made when its task is aborted or times out. */
  stop(submitted: Json): { service: string; action: string; input: Record<string, unknown> };
}

export interface Integration {
  /** `lambda`, `codebuild`, `aws-sdk:s3`: as in the history's events. */
  readonly resourceType: string;
  /** `invoke.waitForTaskToken`, `startBuild.sync`, or a function's ARN. */
  readonly resource: string;
  /** When the task is done: on the response, when the job has ended, or when the token comes back. */
  readonly pattern: 'response' | 'sync' | 'token';
  /** @throws StateFailure with the error's name as Step Functions forms it */
  submit(client: RoleClient, args: JsonObject, task: TaskContext): Promise<Json>;
  readonly job?: Job;
}
