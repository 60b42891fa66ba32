/** Checks what serves once more, as its deployment was checked. */
import type { Actor } from '../access/actor.ts';
import * as Environment from '../environment/index.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { withCheck } from './check.ts';
import { checkUrl } from './http-check.ts';
import { get } from './index.ts';
import { assertTestable, startNextRound } from './jobs/next-round.ts';
import type { JobPorts } from './jobs/start.ts';
import { deployments } from './record.ts';
import type { Deployment } from './schema.ts';

/**
 * The result is kept with the deployment, and changes nothing else: who finds that it is not well decides what to do. If
 * its URL is well, the next round of its test begins, where it has one.
 * @throws StaitheError not_found | wrong_state (it does not serve, has nothing to check, or is being tested) | busy
 */
export async function verifyServing(
  ports: Pick<Ports, 'probe'> & JobPorts,
  actor: Actor,
  id: string,
): Promise<Deployment> {
  const deployment = await get(ports, actor, id);
  const { project_id: projectId, environment: name, url, test } = deployment;
  const { value: environment } = await Environment.read(ports, { id: projectId }, name);
  const { current_deployment_id: current } = environment;
  if (current !== id)
    throw new StaitheError(
      'wrong_state',
      `Deployment ${id} does not serve in '${name}'${current === undefined ? '' : `; ${current} does`}.`,
      { remedy: 'Verify the deployment that serves: staithe environment show <name> names it.' },
    );
  if (url === undefined && test === undefined)
    throw new StaitheError('wrong_state', `Deployment ${id} has no URL that could be checked, and no test.`, {
      remedy: 'Add a test to the environment, or let its commands write the output url; then deploy again.',
    });
  if (test !== undefined) await assertTestable(ports, deployment);
  const checked = url === undefined ? deployment : await withUrlChecked(ports, deployment, url);
  const isWell = url === undefined || checked.checks.at(-1)?.ok === true;
  return test !== undefined && isWell ? startNextRound(ports, checked, test) : checked;
}

async function withUrlChecked(
  ports: Pick<Ports, 'table' | 'clock' | 'probe'>,
  deployment: Deployment,
  url: string,
): Promise<Deployment> {
  const { id } = deployment;
  // Whoever asks waits for the answer, and can ask again.
  const check = await checkUrl(ports, deployment, url, { isPatient: false });
  const stored = await deployments.update(ports.table, Keys.deployment(id), (now) => ({
    ...now,
    checks: withCheck(now.checks, check),
  }));
  if (stored === undefined) throw notFound('deployment', id);
  return stored.value;
}
