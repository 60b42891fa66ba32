/** Watching a deployment until it ends. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api/api.ts';
import type { Deployment } from '../api/resources.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { clean } from '../terminal/clean.ts';
import type { Terminal } from '../terminal/terminal.ts';

const POLL_MS = 1000;
const ACTIVE = new Set<Deployment['status']>([
  'pending',
  'awaiting_approval',
  'waiting',
  'deploying',
  'verifying',
]);

export const isActive = ({ status }: Pick<Deployment, 'status'>): boolean => ACTIVE.has(status);

/** The failure for a deployment that did not succeed. */
export function deploymentFailure(deployment: Deployment): Failure {
  const word = deployment.status === 'failed' ? 'failed' : `was ${deployment.status.replace('_', ' ')}`;
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

/** The last lines that the function printed. */
export function lastLines({ error }: Deployment): string[] {
  return (error?.last_lines ?? []).map((line) => `| ${clean(line)}`);
}

/**
 * Waits until the deployment has ended.
 * @param onChange called at the start and on each change, but not at the end
 * @returns the ended deployment, whatever its status
 */
export async function watchDeployment(
  api: Api<'getDeployment'>,
  terminal: Terminal,
  started: Deployment,
  onChange: (deployment: Deployment) => void = () => {},
): Promise<Deployment> {
  terminal.onInterrupt([
    'The deployment is still running. To show it:',
    `  staithe deployment show ${started.id}`,
  ]);
  const persistent = api.persistent(terminal.note);
  let deployment = started;
  onChange(deployment);
  while (isActive(deployment)) {
    const [block] = deployment.waits_for;
    terminal.progress(`${deployment.status}: ${clean(block?.message ?? deployment.stage)}`);
    await delay(POLL_MS);
    const now = await persistent.call('getDeployment', { params: { deployment: deployment.id } });
    const changed = now.status !== deployment.status || now.stage !== deployment.stage;
    deployment = now;
    if (changed && isActive(now)) onChange(deployment);
  }
  terminal.done();
  return deployment;
}

/** Waits for the end and prints it as an event. @throws Failure with exit code 6: it did not succeed */
export async function followDeployment(
  api: Api<'getDeployment'>,
  terminal: Terminal,
  started: Deployment,
): Promise<Deployment> {
  const emit = (event: string, deployment: Deployment) => {
    if (terminal.json) terminal.event({ event, deployment });
  };
  const deployment = await watchDeployment(api, terminal, started, (changed) => emit('deployment', changed));
  emit('result', deployment);
  if (deployment.status !== 'succeeded') throw deploymentFailure(deployment);
  return deployment;
}
