/** Checks what serves once more, as its deployment was checked. */
import type { Actor } from '../access/actor.ts';
import * as Environment from '../environment/index.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { withCheck } from './check.ts';
import { checkUrl } from './http-check.ts';
import { get } from './index.ts';
import { deployments } from './record.ts';
import type { Deployment } from './schema.ts';

/**
 * The result is kept with the deployment, and changes nothing else: who finds that it is not well decides what to do.
 * @throws StaitheError not_found | wrong_state (it does not serve, or has no URL) | busy
 */
export async function verifyServing(
  ports: Pick<Ports, 'table' | 'clock' | 'probe'>,
  actor: Actor,
  id: string,
): Promise<Deployment> {
  const deployment = await get(ports, actor, id);
  const { project_id: projectId, environment: name, url } = deployment;
  const { value: environment } = await Environment.read(ports, { id: projectId }, name);
  const { current_deployment_id: current } = environment;
  if (current !== id)
    throw new StaitheError(
      'wrong_state',
      `Deployment ${id} does not serve in '${name}'${current === undefined ? '' : `; ${current} does`}.`,
      { remedy: 'Verify the deployment that serves: staithe environment show <name> names it.' },
    );
  if (url === undefined)
    throw new StaitheError('wrong_state', `Deployment ${id} has no URL that could be checked.`);
  // Whoever asks waits for the answer, and can ask again.
  const check = await checkUrl(ports, deployment, url, { isPatient: false });
  const stored = await deployments.update(ports.table, Keys.deployment(id), (now) => ({
    ...now,
    checks: withCheck(now.checks, check),
  }));
  if (stored === undefined) throw notFound('deployment', id);
  return stored.value;
}
