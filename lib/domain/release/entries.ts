/**
 * By what releases are looked for in order: items of the table, beside the names, so that a reader never misses a release
 * that was created before, or finds one that was yanked. Each release has an entry by its age, one by its content, and one
 * by its version; all stand apart from the others' once it is yanked.
 */
import type { Table, Write } from '../ports/table.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { contentHash } from './content.ts';
import { Release } from './schema.ts';
import { highest, type VersionKind, type VersionSpan, versionKey } from './version.ts';

/** Before ids, which are in order of time. */
export const AGE_PREFIX = { deployable: 'DEPLOYABLE#', yanked: 'YANKED#' } as const;

export const VERSION_PREFIX = {
  deployable: { stable: 'STABLE#', prerelease: 'PRERELEASE#' },
  yanked: { stable: 'YANKED_STABLE#', prerelease: 'YANKED_PRERELEASE#' },
} as const satisfies Record<string, Record<VersionKind, string>>;

/** Before the hash of the content, `#` and the id. */
const CONTENT_PREFIX = { deployable: 'CONTENT#', yanked: 'YANKED_CONTENT#' } as const;

export type Deployability = keyof typeof VERSION_PREFIX;

const deployabilityOf = ({ yanked }: Pick<Release, 'yanked'>): Deployability =>
  yanked === undefined ? 'deployable' : 'yanked';

function sortKeysOf(release: Release): string[] {
  const which = deployabilityOf(release);
  const version = release.version === undefined ? undefined : versionKey(release.version);
  return [
    `${AGE_PREFIX[which]}${release.id}`,
    `${CONTENT_PREFIX[which]}${contentHash(release.artifacts)}#${release.id}`,
    ...(version === undefined ? [] : [`${VERSION_PREFIX[which][version.kind]}${version.key}`]),
  ];
}

const keysOf = (release: Release) =>
  sortKeysOf(release).map((sortKey) => Keys.releaseEntry(release.project_id, sortKey));

/** The writes of the entries, for a transaction. */
export const entryWrites = (release: Release): Write[] =>
  keysOf(release).map((key) => ({
    put: { ...key, entity: 'release_entry', revision: 1, release_id: release.id, version: release.version },
    when: { any: true },
  }));

/** The writes that put the entries elsewhere once a release is yanked, or is no more. */
export function moveWrites(before: Release, next: Release): Write[] {
  if (deployabilityOf(before) === deployabilityOf(next)) return [];
  return [
    ...keysOf(before).map((key): Write => ({ remove: key, when: { any: true } })),
    ...entryWrites(next),
  ];
}

/** The id of the newest release that is not yanked. */
export const newestDeployable = (table: Table, projectId: string): Promise<string | undefined> =>
  lastEntry(table, projectId, AGE_PREFIX.deployable);

/** The id of the newest release that has just this content: of those that are yanked only where there is no other. */
export async function newestOfContent(
  table: Table,
  projectId: string,
  hash: string,
): Promise<string | undefined> {
  const [deployable, yanked] = await Promise.all(
    (['deployable', 'yanked'] as const).map((which) =>
      lastEntry(table, projectId, `${CONTENT_PREFIX[which]}${hash}#`),
    ),
  );
  return deployable ?? yanked;
}

async function lastEntry(table: Table, projectId: string, prefix: string): Promise<string | undefined> {
  const partition = Partitions.releases(projectId);
  const { items } = await table.query({ partition, prefix, newestFirst: true, limit: 1 });
  return Entry.safeParse(items[0]).data?.release_id;
}

interface VersionEntry {
  readonly release_id: string;
  readonly version: string;
}

/** The highest version of each span: one query each, whatever there is. */
export async function highestOf(
  table: Table,
  projectId: string,
  which: Deployability,
  spans: readonly VersionSpan[],
): Promise<VersionEntry[]> {
  const found = await Promise.all(
    spans.map(async ({ kind, from, to }) => {
      const prefix = VERSION_PREFIX[which][kind];
      const range = { from: prefix + from, to: prefix + to };
      const partition = Partitions.releases(projectId);
      const { items } = await table.query({ partition, range, newestFirst: true, limit: 1 });
      const { release_id, version } = Entry.safeParse(items[0]).data ?? {};
      return release_id === undefined || version === undefined ? [] : [{ release_id, version }];
    }),
  );
  return found.flat();
}

/** Of all versions, yanked ones and prereleases too: what comes next is after all that there were. */
export async function highestVersion(table: Table, projectId: string): Promise<string | undefined> {
  const all = (['stable', 'prerelease'] as const).map((kind) => ({ kind, from: '', to: '~' }));
  const found = await Promise.all(
    (['deployable', 'yanked'] as const).map((which) => highestOf(table, projectId, which, all)),
  );
  return highest(found.flat().map(({ version }) => version));
}

const Entry = Release.pick({ version: true }).extend({ release_id: Release.shape.id });
