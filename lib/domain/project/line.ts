/** "Stop the line": nothing is promoted in a project any more, until it is resumed. */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { projects } from './find.ts';
import type { Project } from './schema.ts';

/**
 * Deployments under way go on; whatever has not begun waits. Hotfixes and the way back go on too. What is stopped already
 * keeps its reason.
 * @throws StaitheError not_found | busy
 */
export async function stop(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  project: Project,
  reason: string,
): Promise<Project> {
  const since = ports.clock.now().toISOString();
  return change(ports, project, (before) => before ?? { reason, since, by: nameOf(actor) });
}

/** @throws StaitheError not_found | busy */
export async function resume(ports: Pick<Ports, 'table'>, project: Project): Promise<Project> {
  return change(ports, project, () => undefined);
}

async function change(
  { table }: Pick<Ports, 'table'>,
  { slug, id }: Project,
  step: (before: Project['stopped']) => Project['stopped'],
): Promise<Project> {
  const stored = await projects.update(table, Keys.project(slug), (project) => {
    const next = step(project.stopped);
    return next === project.stopped || project.id !== id ? undefined : { ...project, stopped: next };
  });
  if (stored === undefined || stored.value.id !== id) throw notFound('project', slug);
  return stored.value;
}
