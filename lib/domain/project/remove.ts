/** Deleting a project; what is in it is removed by lib/domain/deletion. */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item, type Write } from '../ports/table.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { usedAt } from './create-in.ts';
import { deletionOf, placeholderOf } from './deletion.ts';
import { find, throwBusy } from './find.ts';
import { pullsOf } from './pull-note.ts';
import type { Project } from './schema.ts';

/**
 * 2 minutes: a request takes 30 seconds at most (docs: API Gateway quotas), and the index by which builds and artifacts
 * are listed follows the table mostly within one.
 */
const LISTED_WITHIN_MS = 2 * 60_000;

/** In each round somebody has created something; the next one sees it. */
const ROUNDS = 5;

type RemovePorts = Pick<Ports, 'table' | 'clock'>;

/**
 * Deletes a project. From here on nothing is created in it (alive.ts), nobody finds it, and its pushes build nothing; the
 * item that is written here starts the removal of its contents. The name of a project that had none is free at once, of
 * others when all is gone, and when no credential is good any more that pulls its images.
 * @param force also when there is something in it
 * @throws StaitheError not_found | project_not_empty | busy
 */
export async function remove(
  ports: RemovePorts,
  actor: Actor,
  ref: string,
  { force = false }: { force?: boolean } = {},
): Promise<Project> {
  for (let round = 1; round <= ROUNDS; round++) {
    const project = await removed(ports, actor, ref, force);
    if (project !== undefined) return project;
  }
  throw new StaitheError('busy', `Things were created in project '${ref}' while it was to be deleted.`);
}

/** @returns undefined when something was created between the look and the deletion */
async function removed(
  ports: RemovePorts,
  actor: Actor,
  ref: string,
  force: boolean,
): Promise<Project | undefined> {
  const stored = await find(ports.table, actor, ref);
  const { id, slug, repository } = stored.value;
  const alias = await ports.table.get(Keys.projectAlias(id));
  if (alias === undefined) throw notFound('project', ref);
  const left = await contentsOf(ports, id, alias);
  if (left !== undefined && !force)
    throw new StaitheError('project_not_empty', `Project '${slug}' ${left.reason}.`, left);
  const { canPull, remove: removeNote } = await pullsOf(ports, id);
  const holdsName = left !== undefined || canPull;
  const key = Keys.project(slug);
  const when = { revision: stored.revision };
  const writes: Write[] = [
    // Whatever is created writes or checks this item in its transaction: either it was before, and is seen, or it is refused.
    // What is not empty stays so, and is removed with all that joins it; the name is held meanwhile.
    {
      remove: Keys.projectAlias(id),
      when: left === undefined ? { revision: alias.revision } : { present: true },
    },
    removeNote,
    holdsName ? { put: placeholderOf(key, id, stored.revision + 1), when } : { remove: key, when },
    deletionOf({
      project_id: id,
      slug,
      requested_at: ports.clock.now().toISOString(),
      requested_by: nameOf(actor),
      holds_name: holdsName,
      had_images: canPull,
    }),
  ];
  if (repository !== undefined)
    writes.push({ remove: Keys.repositoryLink(repository, id), when: { any: true } });
  try {
    await ports.table.transact(writes);
    return stored.value;
  } catch (error) {
    if (error instanceof ConditionFailed && error.index <= 1) return undefined;
    return throwBusy(error);
  }
}

/**
 * What a project has that somebody may miss; undefined when there is nothing. What was created a moment ago need not be
 * on the lists yet, so they decide only once the newest creation is old enough.
 */
async function contentsOf(
  { table, clock }: RemovePorts,
  id: string,
  alias: Item,
): Promise<{ reason: string; remedy?: string } | undefined> {
  const contents = [
    { what: 'builds', query: { index: 'gsi1', partition: Partitions.builds(id), limit: 1 } },
    // Uploads need no build, and releases may be of uploads alone.
    { what: 'artifacts', query: { index: 'gsi1', partition: Partitions.artifacts(id), limit: 1 } },
    { what: 'environments', query: { partition: Partitions.environments(id), limit: 1 } },
    { what: 'secrets', query: { partition: Partitions.secrets(id), limit: 1 } },
  ] as const;
  const found = await Promise.all(contents.map(({ query }) => table.query(query)));
  const what = contents.find((_, index) => (found[index]?.items.length ?? 0) > 0)?.what;
  if (what !== undefined) return { reason: `still has ${what}` };
  const used = usedAt(alias);
  if (used === undefined || clock.now().getTime() - used.getTime() > LISTED_WITHIN_MS) return undefined;
  return {
    reason: `was in use at ${used.toISOString()}, and may not be empty`,
    remedy:
      'Try again two minutes after the newest creation, or delete it with force=true (`staithe project delete --force`).',
  };
}
