/** What was built in a deleted project: runs that are at work end, then builds go with all that they name. */

import { StaitheError } from '../error.ts';
import { cancelRun } from '../execution/end/index.ts';
import { builds } from '../execution/model/build-record.ts';
import { type JobRecord, jobs } from '../execution/model/job-record.ts';
import { RUN_LIFECYCLE, type Run } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import { nativeName } from '../image/repository.ts';
import { isFinal } from '../lifecycle.ts';
import { type Deletion, deletions } from '../project/deletion.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { removeAll } from '../storage/remove.ts';
import type { DeletionPorts } from './ports.ts';

/** Builds with their runs, and these with their jobs, are removed a few at a time. */
const PAGE = 25;

export async function removeBuilds(ports: DeletionPorts, deletion: Deletion): Promise<void> {
  for await (const page of builds.pages(ports.table, Partitions.builds(deletion.project_id), { limit: PAGE }))
    for (const build of page) {
      // The newest is named by the build, also when the index does not have it yet.
      const newest =
        build.latest_run_id && (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
      if (newest) await removeRun(ports, deletion, newest);
      await removeRuns(ports, deletion, build.id);
      await removeAll(ports.table, [Keys.build(build.id)]);
    }
}

/** @param ownerId the build, or the deployment */
export async function removeRuns(ports: DeletionPorts, deletion: Deletion, ownerId: string): Promise<void> {
  for await (const some of runs.pages(ports.table, Partitions.runs(ownerId), { limit: PAGE }))
    for (const run of some) await removeRun(ports, deletion, run);
}

async function removeRun(ports: DeletionPorts, deletion: Deletion, found: Run): Promise<void> {
  const run = isFinal(RUN_LIFECYCLE, found.status) ? found : await ended(ports, found);
  const made = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  if (deletion.holds_name) await removeRepositories(ports, deletion, made);
  await removeAll(ports.table, [
    ...run.artifact_ids.flatMap((id) => [Keys.artifact(id), Keys.artifactUse(id)]),
    ...made.flatMap((job) => job.artifact_ids).map(Keys.artifact),
    ...made.map((job) => Keys.job(job.id)),
    ...(run.identity === undefined ? [] : [Keys.reuse(run.project_id, run.identity, run.only_branch)]),
  ]);
  // Last, as it names the others.
  await removeAll(ports.table, [Keys.run(run.id)]);
}

/** Cancelled, as a user would do it: the workflow, its machines and the agents stop. */
async function ended(ports: DeletionPorts, run: Run): Promise<Run> {
  try {
    return await cancelRun(ports, run.id, 'the project was deleted');
  } catch (error) {
    // It has ended meanwhile, or another pass was here. One that could not be ended is not to lose its record.
    if (!(error instanceof StaitheError) || error.code === 'busy') throw error;
    return (await runs.get(ports.table, Keys.run(run.id)))?.value ?? run;
  }
}

/** Images lie in repositories that are named after the project and its services. Those in registries of its own stay. */
async function removeRepositories(
  ports: DeletionPorts,
  { project_id: projectId, slug }: Deletion,
  made: readonly JobRecord[],
): Promise<void> {
  const services = new Set(
    made
      .filter(({ spec, registry = 'native' }) => spec.image?.push === true && registry === 'native')
      .flatMap(({ service, image_name: name }) => repositoryName(service, name) ?? []),
  );
  if (services.size > 0)
    await deletions.update(ports.table, Keys.deletion(projectId), (deletion) =>
      deletion.had_images ? undefined : { ...deletion, had_images: true },
    );
  for (const service of services)
    await ports.registry.removeRepository({ projectId, projectSlug: slug, service });
}

function repositoryName(service: string, name: string | undefined): string | undefined {
  try {
    return nativeName(service, name);
  } catch (error) {
    if (error instanceof StaitheError) return undefined; // no name that a repository was ever made under
    throw error;
  }
}
