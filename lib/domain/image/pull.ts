/** What opens the installation's own registry for people: a credential that pulls a project's images, and nothing else. */
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { answered } from './registry.ts';
import type { PullToken } from './schema.ts';

/**
 * Each call makes a new one; none is kept. It opens all repositories of the project, also those to come.
 * @throws StaitheError registry_unavailable | registry_refused
 */
export async function pullToken({ registry }: Pick<Ports, 'registry'>, project: Project): Promise<PullToken> {
  const { place, credential } = await answered(() => registry.pullToken(project.slug));
  return {
    registry: place.host,
    repositories: place.repository,
    username: credential.username,
    password: credential.password,
    expires_at: credential.expiresAt.toISOString(),
    insecure: place.insecure,
  };
}
