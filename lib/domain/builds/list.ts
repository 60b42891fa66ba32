/** Lists of builds, each with how its newest run stands: by project, ref, status and time, always by a key. */

import { type BuildRecord, builds } from '../execution/model/build-record.ts';
import { RUN_LIFECYCLE, type Run } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import type { Item } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import { fullRef } from '../ref.ts';
import { listByTime, type Span, type TimePartition, timePartition } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { type ListedBuild, RunSummary } from './schema.ts';

export interface BuildFilter extends Span {
  /** Of the newest run. */
  readonly status?: Run['status'] | undefined;
  /** A branch as people write it, or the full name of any ref. */
  readonly ref?: string | undefined;
}

/**
 * Newest first: by the build, or, when a status is asked for, by its newest run. With a status and a ref, builds of the
 * ref are looked through for the status, so that a page may be short and have a cursor.
 * @throws StaitheError invalid_cursor
 */
export async function list(
  { table }: Pick<Ports, 'table'>,
  projects: Listable<Pick<Project, 'id'>>,
  filter: BuildFilter & Paging,
): Promise<Listed<ListedBuild>> {
  const { limit, cursor, since, until, status } = filter;
  const ref = filter.ref === undefined ? undefined : fullRef(filter.ref);
  return listByTime(
    table,
    {
      name: `builds ${JSON.stringify([scopeOf(projects), status, ref, since, until])}`,
      partitions: projects.map(({ id }) => strand(id, status, ref)),
      span: { since, until },
      view: async (items) => {
        const pairs = await pairsOf(table, items);
        return pairs.map((pair) =>
          pair !== undefined && isOf(pair, status, ref) ? shown(pair.build, pair.run) : undefined,
        );
      },
    },
    { limit, cursor },
  );
}

function strand(
  projectId: string,
  status: Run['status'] | undefined,
  ref: string | undefined,
): TimePartition {
  if (status !== undefined && !isFinal(RUN_LIFECYCLE, status))
    return { of: 'gsi2', partition: Partitions.openRuns, prefix: `${projectId}#run_` };
  if (ref !== undefined) return timePartition('build', Partitions.buildsOfRef(projectId, ref), 'gsi2');
  if (status !== undefined) return timePartition('run', Partitions.endedRuns(projectId, status), 'gsi2');
  return timePartition('build', Partitions.builds(projectId));
}

interface Pair {
  readonly build: BuildRecord;
  readonly run: Run | undefined;
}

/** Builds with their newest runs, whichever of them was found; of a run that another has followed there is none. */
async function pairsOf(table: Ports['table'], items: readonly Item[]): Promise<(Pair | undefined)[]> {
  const foundRuns = items.filter(({ entity }) => entity === runs.kind).map((item) => runs.read(item).value);
  const foundBuilds = items
    .filter(({ entity }) => entity === builds.kind)
    .map((item) => builds.read(item).value);
  const [ofRuns, ofBuilds] = await Promise.all([
    builds.getMany(
      table,
      // Open runs of deployments are there too.
      foundRuns.flatMap(({ build_id: id }) => (id === undefined ? [] : [Keys.build(id)])),
    ),
    runs.getMany(
      table,
      foundBuilds.flatMap(({ latest_run_id: id }) => (id === undefined ? [] : [Keys.run(id)])),
    ),
  ]);
  const allBuilds = new Map([...foundBuilds, ...ofRuns].map((build) => [build.id, build]));
  const allRuns = new Map([...foundRuns, ...ofBuilds].map((run) => [run.id, run]));
  return items.map(({ entity, id, build_id }) => {
    const build = allBuilds.get(String(entity === runs.kind ? build_id : id));
    if (build === undefined || (entity === runs.kind && build.latest_run_id !== id)) return undefined;
    return { build, run: build.latest_run_id === undefined ? undefined : allRuns.get(build.latest_run_id) };
  });
}

function isOf({ build, run }: Pair, status: Run['status'] | undefined, ref: string | undefined): boolean {
  const isOfRef = ref === undefined || (build.git_ref !== undefined && fullRef(build.git_ref) === ref);
  return isOfRef && (status === undefined || run?.status === status);
}

/** Deliveries build as `webhook`; anybody else has a token. */
const shown = (build: BuildRecord, run: Run | undefined): ListedBuild => ({
  ...build,
  trigger: build.created_by === 'webhook' ? 'push' : 'request',
  latest_run: run === undefined ? null : RunSummary.parse(run),
});
