/** Which release is meant. */
import type { Actor } from '../access/actor.ts';
import { canAccess } from '../access/authorize.ts';
import { StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { highestOf, newestDeployable } from './entries.ts';
import { ensureEntries } from './indexed.ts';
import { releases } from './record.ts';
import type { Release } from './schema.ts';
import { highest, rangeOf, spansOf } from './version.ts';

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Release> {
  return readVisible(ports.table, releases, Keys.release, actor, id);
}

/**
 * A release by its id, its version or its tag, which may be yanked; or, of those that are not yanked, the newest (`latest`)
 * or the one with the highest version in a range. A version or a tag is of one release for ever; where one looks like a
 * range, such as the tag `1.x`, it is the tag.
 * @throws StaitheError not_found
 */
export async function resolve(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  project: Project,
  ref: string,
): Promise<Release> {
  const release = canAccess(actor, project.id) ? await find(ports, project.id, ref) : undefined;
  if (release?.project_id === project.id) return release;
  throw new StaitheError(
    'not_found',
    ref === 'latest' || rangeOf(ref) !== undefined
      ? `Project '${project.slug}' has no release '${ref}' that is not yanked.`
      : `Project '${project.slug}' has no release '${ref}'.`,
    { remedy: `Check the name: staithe release list --project ${project.slug}` },
  );
}

async function find(
  ports: Pick<Ports, 'table'>,
  projectId: string,
  ref: string,
): Promise<Release | undefined> {
  const byId = async (id: string | undefined) =>
    id === undefined ? undefined : (await releases.get(ports.table, Keys.release(id)))?.value;
  if (Id.release.safeParse(ref).success) return byId(ref);
  if (ref === 'latest') return unyanked(() => latest(ports, projectId), byId);
  const name = await ports.table.get(Keys.releaseByName(projectId, ref));
  if (typeof name?.release_id === 'string') return byId(name.release_id);
  return unyanked(() => inRange(ports, projectId, ref), byId);
}

/** An entry is read before its release, which may be yanked in between: then there is another entry. */
const TRIES = 5;

async function unyanked(
  look: () => Promise<string | undefined>,
  byId: (id: string | undefined) => Promise<Release | undefined>,
): Promise<Release | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const release = await byId(await look());
    if (release?.yanked === undefined) return release;
  }
  throw new StaitheError('busy', `${TRIES} releases in a row were yanked at this moment.`);
}

async function latest(ports: Pick<Ports, 'table'>, projectId: string): Promise<string | undefined> {
  const newest = await newestDeployable(ports.table, projectId);
  if (newest !== undefined) return newest;
  await ensureEntries(ports, projectId);
  return newestDeployable(ports.table, projectId);
}

async function inRange(
  ports: Pick<Ports, 'table'>,
  projectId: string,
  ref: string,
): Promise<string | undefined> {
  const range = rangeOf(ref);
  if (range === undefined) return undefined;
  await ensureEntries(ports, projectId);
  const found = await highestOf(ports.table, projectId, 'deployable', spansOf(range));
  const version = highest(found.map((entry) => entry.version));
  return found.find((entry) => entry.version === version)?.release_id;
}
