/** Watching a deployment until it ends. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { Deployment } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import type { Terminal } from '../terminal/terminal.ts';

const POLL_MS = 1000;
const UNDER_WAY = new Set<Deployment['status']>(['pending', 'deploying', 'verifying']);

/** How a deployment that did not succeed ends the command. */
export function deploymentFailure(deployment: Deployment): Failure {
  const word =
    deployment.status === 'rolled_back'
      ? 'was rolled back'
      : deployment.status === 'cancelled'
        ? 'was cancelled'
        : 'failed';
  return new Failure(
    EXIT.failed,
    {
      code: `deployment_${deployment.status}`,
      detail: `The deployment ${word}${deployment.error === undefined ? '.' : `: ${deployment.error.message}`}`,
      remedy: deployment.error?.hint ?? `staithe deployment show ${deployment.id}`,
    },
    { lines: lastLines(deployment) },
  );
}

/** What the function printed last. */
export function lastLines({ error }: Deployment): string[] {
  return (error?.last_lines ?? []).map((line) => `| ${clean(line)}`);
}

/**
 * Watches until it has ended.
 * @param onMove is told of it at first and whenever it has moved, but not of its end
 * @returns the deployment as it ended, whatever its status
 */
export async function watchDeployment(
  api: Api<'getDeployment'>,
  terminal: Terminal,
  started: Deployment,
  onMove: (deployment: Deployment) => void = () => {},
): Promise<Deployment> {
  terminal.onInterrupt([
    'The deployment goes on. Look again with:',
    `  staithe deployment show ${started.id}`,
  ]);
  const patient = api.patient(terminal.note);
  let deployment = started;
  onMove(deployment);
  while (UNDER_WAY.has(deployment.status)) {
    terminal.progress(`${deployment.status}: ${clean(deployment.stage)}`);
    await delay(POLL_MS);
    const now = await patient.call('getDeployment', { params: { deployment: deployment.id } });
    const moved = now.status !== deployment.status || now.stage !== deployment.stage;
    deployment = now;
    if (moved && UNDER_WAY.has(now.status)) onMove(deployment);
  }
  terminal.done();
  return deployment;
}

/** Watches, says the result, and fails when the deployment did. @throws Failure with exit code 6 */
export async function followDeployment(
  api: Api<'getDeployment'>,
  terminal: Terminal,
  started: Deployment,
): Promise<Deployment> {
  const tell = (event: string, deployment: Deployment) => {
    if (terminal.json) terminal.event({ event, deployment });
  };
  const deployment = await watchDeployment(api, terminal, started, (moved) => tell('deployment', moved));
  tell('result', deployment);
  if (deployment.status !== 'succeeded') throw deploymentFailure(deployment);
  return deployment;
}
