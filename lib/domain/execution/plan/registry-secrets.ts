/** Whether a push can be signed in for: looked at when a run is planned, as an image may take half an hour to be built. */
import type { Registry } from '../../manifest/schema.ts';
import type { Ports } from '../../ports/index.ts';
import { resolve } from '../../project/find.ts';
import { secrets } from '../../secret/record.ts';
import { Keys } from '../../storage/keys.ts';
import { PlanFailure } from '../model/plan-failure.ts';

const SYSTEM = { kind: 'system', name: 'plan' } as const;

/** @throws PlanFailure auth_error when the project lacks a secret that its own registry is opened with */
export async function requireRegistrySecrets(
  ports: Pick<Ports, 'table'>,
  projectId: string,
  registry: Registry,
): Promise<void> {
  if (registry === 'native' || registry === 'none') return;
  const { host, auth } = registry;
  // One secret may be both.
  const wanted = [...new Set([auth.username_secret, auth.token_secret])];
  const found = await secrets.getMany(
    ports.table,
    wanted.map((name) => Keys.secret(projectId, name)),
  );
  const missing = wanted.filter((name) => !found.some((secret) => secret.name === name));
  if (missing.length === 0) return;
  const { slug } = await resolve(ports, SYSTEM, projectId);
  throw new PlanFailure({
    code: 'auth_error',
    message: `Images go to ${host}, which needs the ${missing.length === 1 ? 'secret' : 'secrets'} ${missing.join(' and ')}, and the project has none of that name. Nothing was built.`,
    hint: `${missing.map((name) => `staithe secret set ${name} --project ${slug}`).join('; ')}. To use other names, set registry.auth in staithe.yaml (username_secret, token_secret). Then rerun the build.`,
  });
}
