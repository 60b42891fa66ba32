/** Releases and builds of a commit, of which the first digits may be enough. */
import * as Build from '../builds/index.ts';
import { StaitheError } from '../error.ts';
import { runs } from '../execution/model/run-record.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { GitSha } from '../values.ts';
import { ensureEntries } from './indexed.ts';
import { releases } from './record.ts';
import type { Release } from './schema.ts';

/** A commit with the manifest that it was built with. */
export interface Commit {
  /** All of its digits, or the first ones. */
  readonly sha: string;
  readonly manifestHash: string;
}

/**
 * The newest release of a commit and a manifest; a yanked one only where there is no other.
 * @throws StaitheError commit_ambiguous
 */
export async function releaseOf(
  ports: Pick<Ports, 'table'>,
  project: Project,
  { sha, manifestHash }: Commit,
): Promise<Release | undefined> {
  const look = async () => {
    const full = GitSha.safeParse(sha).success ? sha : await wholeSha(ports, project, sha);
    if (full === undefined) return undefined;
    return newestOf(ports, project, full, ({ manifest_hash }) => manifest_hash === manifestHash);
  };
  const found = await look();
  if (found !== undefined) return found;
  await ensureEntries(ports, project.id);
  return look();
}

/** 50: a tree has one manifest, so that the newest releases of a commit have nearly always the same. */
const LOOKED_AT = 50;

/** The newest of those that count; a yanked one only where there is no other. @param origin as of `originOf` */
export async function newestOf(
  { table }: Pick<Ports, 'table'>,
  project: Pick<Project, 'id'>,
  origin: string,
  counts: (release: Release) => boolean,
): Promise<Release | undefined> {
  const query = { index: 'gsi2', partition: Partitions.releases(project.id), limit: LOOKED_AT } as const;
  const { items } = await table.query({ ...query, prefix: `${origin}#`, newestFirst: true });
  const found = await releases.getMany(
    table,
    items.map(({ pk, sk }) => ({ pk, sk })),
  );
  const [newest] = found.filter(counts).sort((a, b) => rankOf(b) - rankOf(a) || (a.id < b.id ? 1 : -1));
  return newest;
}

const rankOf = ({ yanked }: Release): number => (yanked === undefined ? 1 : 0);

/** The one commit of a project's releases that begins so: the first of them in order is also the last. */
async function wholeSha(
  { table }: Pick<Ports, 'table'>,
  project: Project,
  short: string,
): Promise<string | undefined> {
  const query = {
    index: 'gsi2',
    partition: Partitions.releases(project.id),
    prefix: short,
    limit: 1,
  } as const;
  const ends = await Promise.all([table.query(query), table.query({ ...query, newestFirst: true })]);
  const found = ends.flatMap(({ items }) => items.flatMap(({ gsi2sk }) => gsi2sk?.split('#')[0] ?? []));
  return oneOf(found, project, short);
}

/** @throws StaitheError commit_ambiguous */
function oneOf(found: readonly string[], project: Project, short: string): string | undefined {
  const [sha, other] = new Set(found);
  if (other === undefined) return sha;
  throw new StaitheError(
    'commit_ambiguous',
    `Several commits of project '${project.slug}' begin with ${short}, for example ${sha} and ${other}.`,
  );
}

/** Two pages of a list; an older build is released by its id. */
const BUILDS_LOOKED_AT = 200;

/**
 * The newest build of a commit and a manifest whose newest run completed, of the newest completed builds of the project;
 * builds of forks are passed over.
 * @throws StaitheError commit_ambiguous
 */
export async function buildOf(
  ports: Pick<Ports, 'table'>,
  project: Project,
  { sha, manifestHash }: Commit,
): Promise<string | undefined> {
  const found: { id: string; sha: string }[] = [];
  let cursor: string | undefined;
  for (let looked = 0; looked < BUILDS_LOOKED_AT; ) {
    const page = await Build.list(ports, [project], { status: 'completed', limit: 100, cursor });
    const own = page.items.filter(({ trust, git_sha }) => trust !== 'fork' && git_sha?.startsWith(sha));
    const latest = await runs.getMany(
      ports.table,
      own.flatMap(({ latest_run: run }) => (run === null ? [] : [Keys.run(run.id)])),
    );
    const right = new Set(
      latest.filter(({ manifest_hash }) => manifest_hash === manifestHash).map(({ build_id }) => build_id),
    );
    found.push(
      ...own.filter(({ id }) => right.has(id)).map(({ id, git_sha = '' }) => ({ id, sha: git_sha })),
    );
    looked += page.items.length;
    if (found.length > 0 || page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  oneOf(
    found.map((build) => build.sha),
    project,
    sha,
  );
  return found[0]?.id;
}
