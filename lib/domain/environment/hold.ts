/** Holds an environment's automatic promotions, and resumes them. */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import { environments } from './record.ts';
import type { Hold } from './rules.ts';
import type { Environment } from './schema.ts';

/** What is on hold already keeps its reason. @throws StaitheError not_found | busy */
export async function hold(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  project: Pick<Project, 'id'>,
  name: string,
  reason: string,
): Promise<Environment> {
  const since = ports.clock.now().toISOString();
  return change(ports, project, name, (before) => before ?? { reason, since, by: nameOf(actor) });
}

/** @throws StaitheError not_found | busy */
export async function resume(
  ports: Pick<Ports, 'table'>,
  project: Pick<Project, 'id'>,
  name: string,
): Promise<Environment> {
  return change(ports, project, name, () => undefined);
}

async function change(
  { table }: Pick<Ports, 'table'>,
  { id }: Pick<Project, 'id'>,
  name: string,
  step: (before: Hold | undefined) => Hold | undefined,
): Promise<Environment> {
  const stored = await environments.update(table, Keys.environment(id, name), (environment) => {
    const next = step(environment.hold);
    return next === environment.hold ? undefined : { ...environment, hold: next };
  });
  if (stored === undefined) throw notFound('environment', name);
  return stored.value;
}
