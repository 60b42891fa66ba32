/** The last step of a deployment that did not succeed: the way back, and the words of the function for why. */
import { StaitheError } from '../error.ts';
import type { Failure as JobFailure } from '../execution/model/run.ts';
import { causeOf } from '../function-log/causes.ts';
import { lastLines } from '../function-log/last-lines.ts';
import { isFinal } from '../lifecycle.ts';
import { sleep } from '../log/store-limits.ts';
import type { Ports } from '../ports/index.ts';
import { TargetError } from '../ports/targets.ts';
import { Keys } from '../storage/keys.ts';
import { destinationOf, type TargetPorts } from './adapter.ts';
import { end } from './end.ts';
import { failureOfJobs, stopJobs } from './jobs/stop.ts';
import { type LogPorts, type LogSource, logSourceOf } from './log-source.ts';
import { deployments } from './record.ts';
import { type Deployment, type DeploymentStatus, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';

type Needed = Pick<Ports, 'table' | 'clock'> & LogPorts & TargetPorts;
type Failure = NonNullable<Deployment['error']>;

/**
 * Sends all traffic back to where it was, and ends what ran without any. On a first deployment there is no way back, and
 * the deployment has just failed. A version that was asked and did not answer as it should is heard: its last lines end the
 * deployment's error.
 * @param reason what went wrong, in a sentence
 */
export async function rollBack(
  ports: Needed,
  id: string,
  reason: string,
  pause: (milliseconds: number) => Promise<void> = sleep,
): Promise<{ status: DeploymentStatus }> {
  const deployment = (await deployments.get(ports.table, Keys.deployment(id)))?.value;
  if (deployment === undefined) return { status: 'cancelled' };
  if (isFinal(LIFECYCLE, deployment.status)) return { status: deployment.status };
  const failedJob = await failureOfJobs(ports, id);
  await stopJobs(ports, deployment, 'the deployment has ended');
  const { previous_version: previous } = deployment;
  const moved = hasMoved(deployment) && previous !== undefined;
  if (moved) {
    const { adapter, release } = destinationOf(ports, deployment);
    await adapter.shift(release, { version: previous, percent: 100 });
  }
  await dropUnserved(ports, deployment);
  const { cancelled_by: by } = deployment;
  const ended =
    by !== undefined
      ? await end(ports, id, { status: 'cancelled', error: cancelled(deployment), by })
      : await end(ports, id, {
          status: moved ? 'rolled_back' : 'failed',
          error:
            failedJob === undefined
              ? await failureOf(ports, deployment, reason, pause)
              : failureOfJob(deployment, reason, failedJob),
        });
  return { status: ended.status };
}

/** What runs without traffic, and its URL. What the target refuses keeps no deployment from its end. */
async function dropUnserved(ports: Needed, deployment: Deployment): Promise<void> {
  const { adapter, release } = destinationOf(ports, deployment);
  const unlessRefused = (error: unknown): void => {
    if (!(error instanceof TargetError)) throw error;
  };
  if (deployment.test !== undefined) await adapter.dropCandidate?.(release).catch(unlessRefused);
  if (deployment.started_at === undefined) return;
  await adapter.drop?.(release, deployment.target_version).catch(unlessRefused);
}

const cancelled = (deployment: Deployment): Failure => ({
  message: 'The deployment was cancelled.',
  hint: servingOf(deployment),
});

/** Whether its version may have had traffic. */
const hasMoved = ({ traffic }: Deployment): boolean => traffic !== undefined;

/** The last lines of the job whose commands failed. */
const failureOfJob = (deployment: Deployment, reason: string, { last_lines }: JobFailure): Failure => ({
  message: reason,
  hint: `${servingOf(deployment)} The complete log: staithe deployment logs ${deployment.id}. Fix the cause, then deploy again.`,
  last_lines,
});

/** What serves, now that this deployment does not. */
function servingOf(deployment: Deployment): string {
  if (deployment.target.kind === 'command')
    return 'What the commands changed stays changed; to go back, roll back or deploy an earlier release.';
  const { previous_version: previous } = deployment;
  if (previous === undefined) return 'No version was serving before.';
  return `Version ${previous} serves ${hasMoved(deployment) ? 'again' : 'as before'}.`;
}

async function failureOf(
  ports: Needed,
  deployment: Deployment,
  reason: string,
  pause: (milliseconds: number) => Promise<void>,
): Promise<Failure> {
  const { environment, target, target_version: version } = deployment;
  const serving = servingOf(deployment);
  // Only what was asked has anything to say: until then the function's code has not run.
  const source = logSourceOf(ports, target);
  if (deployment.status !== 'verifying' || version === undefined || source === undefined)
    return { message: reason, hint: `${serving} Fix the cause, then deploy again.` };
  const read = await readLastLines(ports, deployment, { source, version }, pause);
  if ('unheard' in read)
    return { message: `${reason} ${read.unheard}`, hint: `${serving} ${read.remedy} Then deploy again.` };
  const options = `${environment} --project ${deployment.project_id}`;
  const cause = causeOf(read.lines, options);
  const since = deployment.started_at ?? deployment.created_at;
  const log = `staithe environment logs ${options} --since ${since}`;
  return {
    message: cause === undefined ? reason : `${reason} ${cause.message}`,
    hint: `${serving} ${cause === undefined ? '' : `${cause.remedy} `}The complete log: ${log}. Fix the cause, then release and deploy again.`,
    last_lines: read.lines,
  };
}

/** Its last lines; what keeps them from being read is told, and keeps nothing else. */
async function readLastLines(
  { clock }: Pick<Ports, 'clock'>,
  { started_at: started, created_at: created, variables }: Deployment,
  { source, version }: { source: LogSource; version: string },
  pause: (milliseconds: number) => Promise<void>,
): Promise<{ lines: string[] } | { unheard: string; remedy: string }> {
  const since = Date.parse(started ?? created);
  try {
    const { functionLogs, functionName } = source;
    const printed = { functionName, version, since, variables };
    return { lines: await lastLines({ functionLogs, clock }, printed, pause) };
  } catch (error) {
    if (error instanceof StaitheError) return { unheard: error.message, remedy: error.remedy };
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      unheard: `The log could not be read (${said}).`,
      remedy: 'Read it in CloudWatch; it may show the cause.',
    };
  }
}
