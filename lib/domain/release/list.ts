/** Lists of releases: newest first, of a range by the highest version, of tags by their names; always by a key. */
import type { Actor } from '../access/actor.ts';
import * as Build from '../builds/index.ts';
import { notFound } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Item } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import { type Span, strandOf, timePartition } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { listMerged, type Strand } from '../storage/merged.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { AGE_PREFIX, type Deployability, VERSION_PREFIX } from './entries.ts';
import { ensureEntries } from './indexed.ts';
import { originOf, releases } from './record.ts';
import type { Release } from './schema.ts';
import { rangeOf, spansOf } from './version.ts';

export interface ReleaseFilter extends Span {
  /** A range of versions. */
  readonly version?: string | undefined;
  /** A whole tag, or with `*` at its end what tags begin with. */
  readonly tag?: string | undefined;
  readonly git_sha?: string | undefined;
  readonly build?: string | undefined;
  readonly yanked?: boolean | undefined;
}

/** What is asked by a key: the rest is filtered. */
interface Narrowed extends ReleaseFilter {
  /** What releases of the commit or the build lie under. */
  readonly origin?: string | undefined;
}

/**
 * With a filter that has no key of its own beside another one, a page may be short and have a cursor.
 * @throws StaitheError not_found (the build) | invalid_cursor
 */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  projects: Listable<Pick<Project, 'id'>>,
  { limit, cursor, ...filter }: ReleaseFilter & Paging,
): Promise<Listed<Release>> {
  const narrowed: Narrowed = { ...filter, origin: await originIn(ports, actor, projects, filter) };
  const strands = projects.flatMap(({ id }) => strandsOf(id, narrowed));
  if (strands.some(({ of, prefix }) => of === 'gsi2' || (of === 'table' && prefix !== NAME)))
    await Promise.all(projects.map(({ id }) => ensureEntries(ports, id)));
  return listMerged(
    ports.table,
    {
      name: `releases ${JSON.stringify([scopeOf(projects), filter])}`,
      strands,
      view: async (items) =>
        (await releasesOf(ports.table, items)).map((release, at) =>
          release !== undefined && matches(release, filter) && isListedBy(release, items[at])
            ? release
            : undefined,
        ),
    },
    { limit, cursor },
  );
}

/** @throws StaitheError not_found */
async function originIn(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  projects: readonly Pick<Project, 'id'>[],
  { git_sha, build: id }: ReleaseFilter,
): Promise<string | undefined> {
  if (id === undefined) return git_sha;
  const build = await Build.get(ports, actor, id);
  if (!projects.some((project) => project.id === build.project_id)) throw notFound('build', id);
  return originOf({ git_sha: build.git_sha, build_id: build.id });
}

const NAME = 'NAME#';
/** After all that versions and tags are made of. */
const END = '~';

function strandsOf(projectId: string, { version, tag, origin, yanked, ...span }: Narrowed): Strand[] {
  const partition = Partitions.releases(projectId);
  const which: readonly Deployability[] =
    yanked === undefined ? ['deployable', 'yanked'] : [yanked ? 'yanked' : 'deployable'];
  const range = version === undefined ? undefined : rangeOf(version);
  if (range !== undefined)
    return spansOf(range).flatMap(({ kind, from, to }) =>
      which.map((each) => ({ of: 'table', partition, prefix: VERSION_PREFIX[each][kind], from, to })),
    );
  if (origin !== undefined) return [strandOf({ of: 'gsi2', partition, prefix: `${origin}#rel_` }, span)];
  if (tag !== undefined) {
    const [from, to] = tag.endsWith('*') ? [tag.slice(0, -1), `${tag.slice(0, -1)}${END}`] : [tag, tag];
    return [{ of: 'table', partition, prefix: NAME, from, to }];
  }
  if (yanked === undefined) return [strandOf(timePartition('release', partition), span)];
  const ofAge = timePartition('release', partition, 'table');
  return which.map((each) => strandOf({ ...ofAge, prefix: AGE_PREFIX[each] + ofAge.prefix }, span));
}

/** The releases of items, which are releases or entries and names that lead to them. */
async function releasesOf(table: Ports['table'], items: readonly Item[]): Promise<(Release | undefined)[]> {
  const ids = items.flatMap(({ entity, release_id: id }) =>
    entity !== releases.kind && typeof id === 'string' ? [id] : [],
  );
  const found = await releases.getMany(table, ids.map(Keys.release));
  const byId = new Map(found.map((release) => [release.id, release]));
  return items.map((item) =>
    item.entity === releases.kind ? releases.read(item).value : byId.get(String(item.release_id)),
  );
}

function matches(release: Release, { version, tag, git_sha, build, yanked, since, until }: ReleaseFilter) {
  const range = version === undefined ? undefined : rangeOf(version);
  return (
    (range === undefined || (release.version !== undefined && range.test(release.version))) &&
    (tag === undefined || isOfTag(release, tag)) &&
    (git_sha === undefined || release.git_sha === git_sha) &&
    (build === undefined || release.build_id === build) &&
    (yanked === undefined || (release.yanked !== undefined) === yanked) &&
    (since === undefined || release.created_at >= new Date(since).toISOString()) &&
    (until === undefined || release.created_at <= new Date(until).toISOString())
  );
}

const isOfTag = ({ tag = '' }: Release, wanted: string): boolean =>
  wanted.endsWith('*') ? tag !== '' && tag.startsWith(wanted.slice(0, -1)) : tag === wanted;

/** A release has a name for its version too, by which a list of tags does not have it. */
const isListedBy = (release: Release, item: Item | undefined): boolean =>
  item?.entity !== 'release_name' || item.sk === `${NAME}${release.tag}`;
