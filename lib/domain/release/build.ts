/** The build that a release is created from. */
import type { Actor } from '../access/actor.ts';
import * as Artifact from '../artifact/index.ts';
import * as Build from '../builds/index.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Build as BuildValue } from '../execution/model/build.ts';
import type { Run } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { frozen } from './artifacts.ts';
import type { Chosen } from './record.ts';

/** 20 as a page of a list: more builds of forks in a row than anybody merges without one of the project's own. */
const LOOKED_AT = 20;

/**
 * The newest build whose newest run completed, as the list of completed builds begins; but for builds of forks, whose code
 * nobody of the project may have read.
 * @throws StaitheError nothing_to_release
 */
export async function newestBuild(ports: Pick<Ports, 'table'>, project: Project): Promise<string> {
  const { items } = await Build.list(ports, [project], { status: 'completed', limit: LOOKED_AT });
  const build = items.find(({ trust }) => trust !== 'fork');
  if (build !== undefined) return build.id;
  throw new StaitheError(
    'nothing_to_release',
    items.length === 0
      ? `Project '${project.slug}' has no completed build.`
      : `The newest completed builds of project '${project.slug}' are of forks.`,
    {
      remedy:
        items.length === 0
          ? `Build it first: staithe build create --project ${project.slug}`
          : 'Specify the build.',
    },
  );
}

/** @throws StaitheError not_found | nothing_to_release */
export async function builtBy(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  project: Project,
  id: string,
): Promise<{ build: BuildValue; run: Run; artifacts: Chosen[] }> {
  const build = await Build.get(ports, actor, id);
  if (build.project_id !== project.id) throw notFound('build', id);
  const run = await newestCompleted(ports, build);
  const artifacts = await Artifact.byIds(ports, run.artifact_ids);
  // All or none: a release of what is left of a build would be of something that nobody built.
  const found = new Set(artifacts.map((artifact) => artifact.id));
  const gone = run.artifact_ids.find((artifactId) => !found.has(artifactId));
  if (gone !== undefined) throw notFound('artifact', gone);
  return {
    build,
    run,
    artifacts: artifacts
      .map(Artifact.assertStored)
      .map((artifact) => frozen(artifact.service ?? artifact.name, artifact)),
  };
}

async function newestCompleted(
  ports: Pick<Ports, 'table'>,
  build: { id: string; latest_run_id?: string | undefined },
): Promise<Run> {
  const latest =
    build.latest_run_id === undefined
      ? undefined
      : (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
  if (latest?.status === 'completed') return latest;
  // The newest failed or is at work: one page of earlier ones is asked for a completed one.
  const page = await runs.list(ports.table, Partitions.runs(build.id), { limit: 50 });
  const completed = page.items.find((run) => run.status === 'completed');
  if (completed !== undefined) return completed;
  throw new StaitheError(
    'nothing_to_release',
    `Build ${build.id} has no completed run${latest === undefined ? '' : `; the newest is ${latest.status}`}.`,
  );
}
