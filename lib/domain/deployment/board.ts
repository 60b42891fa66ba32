/** What runs where, since when, what waits and for whom, what is held or frozen, and how far each environment is behind. */
import * as z from 'zod';
import { freezeAt } from '../environment/freeze.ts';
import * as Environment from '../environment/index.ts';
import { Hold } from '../environment/rules.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { type Project, Stopped } from '../project/schema.ts';
import { releases } from '../release/record.ts';
import type { Release } from '../release/schema.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Name, Timestamp } from '../values.ts';
import { deployments } from './record.ts';
import { Block, type Deployment, DeploymentStatus } from './schema.ts';

const Shown = z.object({
  id: Id.release,
  version: z.string().optional(),
  tag: z.string().optional(),
  git_sha: z.string().optional(),
});

/** One environment on the board. */
export const BoardEntry = z.object({
  environment: Name,
  release: Shown.optional(),
  deployment_id: Id.deployment.optional(),
  since: Timestamp.optional(),
  url: z.url().optional(),
  /** Releases of the project that are newer than the one here, at most 100; absent when nothing is deployed. */
  behind: z.int().min(0).max(100).optional(),
  active: z
    .object({ id: Id.deployment, release_id: Id.release, status: DeploymentStatus, stage: z.string() })
    .optional(),
  waiting: z.array(
    z.object({
      id: Id.deployment,
      release_id: Id.release,
      status: DeploymentStatus,
      waits_for: z.array(Block),
      created_by: z.string(),
    }),
  ),
  hold: Hold.optional(),
  frozen_until: Timestamp.optional(),
});
export type BoardEntry = z.infer<typeof BoardEntry>;

export const Board = z.object({
  project_id: Id.project,
  stopped: Stopped.optional(),
  newest_release: Shown.optional(),
  environments: z.array(BoardEntry),
});
export type Board = z.infer<typeof Board>;

/** As many newer releases as are counted: further behind is far behind. */
const NEWEST = 100;

/** Five kinds of reads, whatever the project has: its environments, their deployments and releases, and the newest releases. */
export async function board(ports: Pick<Ports, 'table' | 'clock'>, project: Project): Promise<Board> {
  const { table, clock } = ports;
  const [environments, newest] = await Promise.all([
    Environment.all(ports, project),
    releases.newestOf(table, 'release', [Partitions.releases(project.id)], { limit: NEWEST }),
  ]);
  const deploymentIds = environments.flatMap((environment) => [
    ...(environment.current_deployment_id === undefined ? [] : [environment.current_deployment_id]),
    ...(environment.active_deployment_id === undefined ? [] : [environment.active_deployment_id]),
    ...environment.waiting_deployment_ids,
  ]);
  const current = environments.flatMap(({ current_release_id: id }) => (id === undefined ? [] : [id]));
  const live = newest.items.filter(({ yanked }) => yanked === undefined);
  const known = new Map(newest.items.map((release) => [release.id, release]));
  const older = current.filter((id) => !known.has(id));
  const [foundDeployments, foundReleases] = await Promise.all([
    deployments.getMany(table, deploymentIds.map(Keys.deployment)),
    releases.getMany(table, older.map(Keys.release)),
  ]);
  for (const release of foundReleases) known.set(release.id, release);
  const byId = new Map(foundDeployments.map((deployment) => [deployment.id, deployment]));
  const now = clock.now();
  const [first] = live;
  return {
    project_id: project.id,
    ...(project.stopped !== undefined && { stopped: project.stopped }),
    ...(first !== undefined && { newest_release: shown(first) }),
    environments: await Promise.all(
      environments.map((environment) => entryOf(environment, { byId, known, live, now })),
    ),
  };
}

interface Read {
  readonly byId: ReadonlyMap<string, Deployment>;
  readonly known: ReadonlyMap<string, Release>;
  /** The newest that are not yanked. */
  readonly live: readonly Release[];
  readonly now: Date;
}

async function entryOf(environment: EnvironmentValue, { byId, known, live, now }: Read): Promise<BoardEntry> {
  const { current_release_id: releaseId, current_deployment_id: currentId, hold } = environment;
  const release = releaseId === undefined ? undefined : known.get(releaseId);
  const active = byId.get(environment.active_deployment_id ?? '');
  const frozen = await freezeAt(environment.freeze, now);
  const since = byId.get(currentId ?? '')?.completed_at;
  return {
    environment: environment.name,
    ...(release !== undefined && { release: shown(release) }),
    ...(currentId !== undefined && { deployment_id: currentId }),
    ...(since !== undefined && { since }),
    ...(environment.url !== undefined && { url: environment.url }),
    // Ids are in the order of time.
    ...(releaseId !== undefined && { behind: live.filter(({ id }) => id > releaseId).length }),
    ...(active !== undefined && {
      active: { id: active.id, release_id: active.release_id, status: active.status, stage: active.stage },
    }),
    waiting: environment.waiting_deployment_ids.flatMap((id) => {
      const deployment = byId.get(id);
      if (deployment === undefined) return [];
      const { release_id, status, waits_for, created_by } = deployment;
      return [{ id, release_id, status, waits_for, created_by }];
    }),
    ...(hold !== undefined && { hold }),
    ...(frozen !== undefined && { frozen_until: frozen.until.toISOString() }),
  };
}

const shown = ({ id, version, tag, git_sha }: Release): z.infer<typeof Shown> => ({
  id,
  ...(version !== undefined && { version }),
  ...(tag !== undefined && { tag }),
  ...(git_sha !== undefined && { git_sha }),
});
