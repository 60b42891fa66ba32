/** Which build's manifest has set a project's environments last, so that no older one does so after it. */
import * as z from 'zod';
import { Id } from '../../id.ts';
import type { Ports } from '../../ports/index.ts';
import { type Check, ConditionFailed } from '../../ports/table.ts';
import { createIn } from '../../project/create-in.ts';
import { collection } from '../../storage/collection.ts';
import { Keys } from '../../storage/keys.ts';
import { Timestamp } from '../../values.ts';
import type { Build } from '../model/build.ts';

const NewestManifest = z.object({
  project_id: Id.project,
  /** When it was pushed or, of a build that no push has made, asked for. */
  at: Timestamp,
  build: Id.build,
});
type NewestManifest = z.infer<typeof NewestManifest>;

const newestManifests = collection({
  kind: 'newest_manifest',
  schema: NewestManifest,
  key: ({ project_id: projectId }) => Keys.newestManifest(projectId),
});

/** A push is as old as it is when it is delivered late, or again. */
const orderOf = ({ at, build }: Pick<NewestManifest, 'at' | 'build'>): string => `${at} ${build}`;

export const hasAny = async ({ table }: Pick<Ports, 'table'>, projectId: string): Promise<boolean> =>
  (await newestManifests.get(table, Keys.newestManifest(projectId))) !== undefined;

/**
 * Makes it the build's turn, for good: what is older has no turn any more.
 * @returns what holds as long as no newer build has had its turn; undefined when one has
 * @throws StaitheError not_found once the project is deleted
 */
export async function takeTurn(
  { table }: Pick<Ports, 'table'>,
  { id: build, project_id: projectId, created_at: createdAt, pushed_at: at = createdAt }: Build,
): Promise<Check | undefined> {
  const key = Keys.newestManifest(projectId);
  const next = { project_id: projectId, at, build };
  for (;;) {
    const stored = await newestManifests.get(table, key);
    if (stored !== undefined && orderOf(stored.value) > orderOf(next)) return undefined;
    const revision = stored?.revision ?? 0;
    if (stored?.value.build === build) return { check: key, when: { revision } };
    const write =
      stored === undefined ? newestManifests.creation(next) : newestManifests.change(stored, next);
    try {
      await createIn(table, projectId, [write]);
      return { check: key, when: { revision: revision + 1 } };
    } catch (error) {
      // Another build was faster: each try is one of them, and they are few.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
}
