/** Yanked releases: found by their names as before, and deployed no more. */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { moveWrites } from './entries.ts';
import { releases } from './record.ts';
import type { Release, YankRelease } from './schema.ts';

/**
 * Marks the release as one that is deployed no more. What runs of it goes on. A repeat with another reason replaces the
 * reason.
 * @throws StaitheError not_found | busy
 */
export async function yank(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  id: string,
  { reason }: YankRelease,
): Promise<Release> {
  return change(ports, actor, id, (release) =>
    release.yanked?.reason === reason
      ? undefined
      : { ...release, yanked: { reason, at: ports.clock.now().toISOString(), by: nameOf(actor) } },
  );
}

/** Takes a yank back. No error when it is not yanked. @throws StaitheError not_found | busy */
export async function unyank(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Release> {
  return change(ports, actor, id, ({ yanked, ...release }) => (yanked === undefined ? undefined : release));
}

/** The release and its entries change in one transaction: `latest` never names a yanked release. */
async function change(
  { table }: Pick<Ports, 'table'>,
  actor: Actor,
  id: string,
  step: (release: Release) => Release | undefined,
): Promise<Release> {
  await readVisible(table, releases, Keys.release, actor, id);
  const stored = await releases.update(table, Keys.release(id), step, undefined, moveWrites);
  if (stored === undefined) throw notFound('release', id);
  return stored.value;
}

/** For whoever is about to deploy it. @throws StaitheError release_yanked */
export function assertDeployable({ id, version, tag, yanked }: Release): void {
  if (yanked === undefined) return;
  throw new StaitheError(
    'release_yanked',
    `Release ${version ?? tag ?? id} was yanked at ${yanked.at}: ${yanked.reason}`,
  );
}
