/**
 * `codebuild:startBuild`, `.sync` and `codebuild:stopBuild`
 * (https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html).
 */
import { createHash } from 'node:crypto';
import { StateFailure } from '../failure.ts';
import { isObject, type Json, toJson } from '../json.ts';
import type { Scope } from '../scope.ts';
import type { Integration, Job, RoleClient } from './integration.ts';
import { toCamelCase, toPascalCase } from './member-case.ts';
import { pause } from './pause.ts';
import { serviceFailure } from './service-errors.ts';

const NAMES = { prefix: 'CodeBuild', general: 'AWSCodeBuildException' };

/** How often a build is asked for where CodeBuild cannot tell that it has ended. */
const POLL_MS = 100;

async function call(client: RoleClient, action: string, input: Json): Promise<Json> {
  const request = toCamelCase(input);
  try {
    return inMilliseconds(
      toPascalCase(toJson(await client.call('codebuild', action, isObject(request) ? request : {}))),
    );
  } catch (error) {
    throw serviceFailure(NAMES, error);
  }
}

/** The integration shows StartTime and EndTime in milliseconds; on the wire they are seconds. */
function inMilliseconds(value: Json): Json {
  if (Array.isArray(value)) return value.map(inMilliseconds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isTime = (key === 'StartTime' || key === 'EndTime') && typeof member === 'number';
      return [key, isTime ? Math.round(member * 1000) : inMilliseconds(member)];
    }),
  );
}

function buildOf(response: Json): { [key: string]: Json } {
  const build = isObject(response)
    ? (response.Build ?? (Array.isArray(response.Builds) ? response.Builds[0] : null))
    : null;
  if (isObject(build))
    return Object.fromEntries(Object.entries(build).map(([key, value]) => [key, toJson(value)]));
  throw new StateFailure('States.TaskFailed', 'CodeBuild knows no such build');
}

function buildId(submitted: Json): string {
  return String(buildOf(submitted).Id);
}

/** Resolves when CodeBuild says that the build has ended, as far as it can say so. */
async function announcedEnd(client: RoleClient, id: string): Promise<void> {
  const codebuild: unknown = client.cloud.service('codebuild');
  if (!isObject(codebuild) || typeof codebuild.whenBuildEnds !== 'function') return;
  try {
    await codebuild.whenBuildEnds(id);
  } catch {
    // The build is looked at anyway.
  }
}

const buildJob: Job = {
  async wait(client, submitted, scope: Scope) {
    const id = buildId(submitted);
    for (let looks = 0; ; looks++) {
      scope.check();
      const build = buildOf(await call(client, 'BatchGetBuilds', { Ids: [id] }));
      if (build.BuildStatus === 'SUCCEEDED') return { Build: build };
      if (build.BuildStatus !== 'IN_PROGRESS') {
        throw new StateFailure('States.TaskFailed', JSON.stringify({ Build: build }));
      }
      if (looks === 0) await announcedEnd(client, id);
      else await pause(client.timers, POLL_MS);
    }
  },
  stop: (submitted) => ({ service: 'codebuild', action: 'StopBuild', input: { id: buildId(submitted) } }),
};

export function codebuildStartBuild(pattern: 'response' | 'sync'): Integration {
  return {
    resourceType: 'codebuild',
    resource: pattern === 'sync' ? 'startBuild.sync' : 'startBuild',
    pattern,
    // The idempotency token makes a start that is repeated after a crash give the same build (at most 64 characters).
    submit: (client, args, task) => {
      const IdempotencyToken = createHash('sha256').update(task.token).digest('hex');
      return call(client, 'StartBuild', { IdempotencyToken, ...args });
    },
    ...(pattern === 'sync' ? { job: buildJob } : {}),
  };
}

export const codebuildStopBuild: Integration = {
  resourceType: 'codebuild',
  resource: 'stopBuild',
  pattern: 'response',
  submit: (client, args) => call(client, 'StopBuild', args),
};
