/** What opens the installation's own registry for people: a credential that pulls a project's images, and nothing else. */
import type { Ports } from '../ports/index.ts';
import { assertExists } from '../project/create-in.ts';
import { recordPull } from '../project/pull-note.ts';
import type { Project } from '../project/schema.ts';
import { asStaitheError } from './registry.ts';
import type { PullToken } from './schema.ts';

/**
 * Each call makes a new one; none is kept. It opens all repositories of the project, also those to come, by the project's
 * name: so it is noted that one was given, and the name of a project that is deleted is held until it has ended.
 * @throws StaitheError not_found | registry_unavailable | registry_refused
 */
export async function pullToken(
  { registry, ...ports }: Pick<Ports, 'registry' | 'table' | 'clock'>,
  project: Project,
): Promise<PullToken> {
  await recordPull(ports, project);
  const { address, credential } = await asStaitheError(() => registry.pullToken(project.slug));
  // One that was made after a deletion would outlive the time for which the name is held.
  await assertExists(ports.table, project.id);
  return {
    registry: address.host,
    repositories: address.repository,
    username: credential.username,
    password: credential.password,
    expires_at: credential.expiresAt.toISOString(),
    insecure: address.insecure,
  };
}
