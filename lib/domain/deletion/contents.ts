/** What else was in a deleted project: tokens, environments, secrets, uploads, releases, sources, caches, and all bytes. */
import { artifacts } from '../artifact/record.ts';
import { deliveries, deliveryEntries } from '../delivery/record.ts';
import { end } from '../deployment/end.ts';
import { deployments } from '../deployment/record.ts';
import { environments } from '../environment/record.ts';
import { releaseTarget } from '../environment/target.ts';
import { ConditionFailed } from '../ports/table.ts';
import type { Deletion } from '../project/deletion.ts';
import { releases } from '../release/record.ts';
import { blobPrefixesOf, Keys, Partitions } from '../storage/keys.ts';
import { pagesOf } from '../storage/list.ts';
import { removeAll, removePartitions } from '../storage/remove.ts';
import { tokens } from '../token/record.ts';
import type { DeletionPorts } from './ports.ts';
import { removeRuns } from './runs.ts';
import { removeSubscriptions } from './subscriptions.ts';

const PAGE = 25;
const INDEX = { limit: PAGE } as const;
const TABLE = { limit: PAGE, of: 'table' } as const;

export async function removeContents(ports: DeletionPorts, deletion: Deletion): Promise<void> {
  const { project_id: projectId } = deletion;
  await removeTokens(ports, projectId);
  await removeSubscriptions(ports, projectId);
  await removeEnvironments(ports, deletion);
  await removeSecrets(ports, projectId);
  await removeArtifacts(ports, projectId);
  for await (const page of releases.pages(ports.table, Partitions.releases(projectId), INDEX))
    await removeAll(
      ports.table,
      page.map(({ id }) => Keys.release(id)),
    );
  await removeSources(ports, projectId);
  await removePartitions(ports.table, [
    Partitions.releases(projectId),
    Partitions.manifests(projectId),
    Partitions.caches(projectId),
    Partitions.commits(projectId),
    Partitions.branchHeads(projectId),
  ]);
  await removeAll(ports.table, [Keys.queue(projectId)]);
  await deleteDeliveries(ports, projectId);
}

/** First of all, so that nobody acts for the project any more. */
async function removeTokens(ports: DeletionPorts, projectId: string): Promise<void> {
  const options = { limit: PAGE, of: 'gsi2' } as const;
  for await (const page of tokens.pages(ports.table, Partitions.tokensOf(projectId), options))
    await removeAll(
      ports.table,
      page.map(({ id }) => Keys.token(id)),
    );
}

/** What was deployed goes on serving: the functions are their owner's, who alone knows whether somebody needs them. */
async function removeEnvironments(ports: DeletionPorts, deletion: Deletion): Promise<void> {
  const { project_id: projectId } = deletion;
  for await (const page of environments.pages(ports.table, Partitions.environments(projectId), TABLE))
    for (const { name, target, active_deployment_id: active, waiting_deployment_ids: waiting } of page) {
      const open = active === undefined ? waiting : [active, ...waiting];
      for (const id of open)
        if ((await deployments.get(ports.table, Keys.deployment(id))) !== undefined)
          await end(ports, id, { status: 'cancelled' });
      const partition = Partitions.deployments(projectId, name);
      for await (const some of deployments.pages(ports.table, partition, INDEX)) {
        for (const { id } of some) await removeRuns(ports, deletion, id);
        await removeAll(
          ports.table,
          some.map(({ id }) => Keys.deployment(id)),
        );
      }
      const owner = { project_id: projectId, environment: name };
      for (const write of await releaseTarget(ports.table, target, owner))
        await ports.table.write(write).catch((error: unknown) => {
          // Another pass was faster, and the function may be another project's by now.
          if (!(error instanceof ConditionFailed)) throw error;
        });
      await removeAll(ports.table, [...open.map(Keys.deployment), Keys.environment(projectId, name)]);
    }
}

/** By the names that the store knows: a request that died half-way has left a value without a record. */
async function removeSecrets(ports: DeletionPorts, projectId: string): Promise<void> {
  const names = new Set(await ports.projectSecrets.names(projectId));
  for (const name of names) await ports.projectSecrets.remove(projectId, name);
  for await (const items of pagesOf(ports.table, Partitions.secrets(projectId), TABLE))
    for (const { pk, sk: name } of items) {
      await removePartitions(ports.table, [Partitions.secretReads(projectId, name)]);
      await removeAll(ports.table, [{ pk, sk: name }]);
    }
}

/** Those that are stored, and uploads that are waited for. What a job has announced and never sent vanishes by itself. */
async function removeArtifacts(ports: DeletionPorts, projectId: string): Promise<void> {
  for await (const page of artifacts.pages(ports.table, Partitions.artifacts(projectId), INDEX))
    await removeAll(
      ports.table,
      page.flatMap(({ id }) => [Keys.artifact(id), Keys.artifactUse(id)]),
    );
  const open = { limit: PAGE, of: 'gsi2' } as const;
  // Parts that were sent go with the bucket's rule for uploads that were broken off.
  for await (const page of artifacts.pages(ports.table, Partitions.openUploads, open))
    await removeAll(
      ports.table,
      page
        .filter(({ project_id }) => project_id === projectId)
        .flatMap(({ id }) => [Keys.artifact(id), Keys.artifactUse(id)]),
    );
}

async function removeSources(ports: DeletionPorts, projectId: string): Promise<void> {
  for await (const items of pagesOf(ports.table, Partitions.sources(projectId), TABLE)) {
    const ids = items.map(({ source_id }) => source_id).filter((id) => typeof id === 'string');
    await removeAll(ports.table, ids.map(Keys.source));
    await removeAll(
      ports.table,
      items.map(({ pk, sk }) => ({ pk, sk })),
    );
  }
}

/** A delivery is of a repository, which other projects may have too: it only forgets what it led to here. */
async function deleteDeliveries(ports: DeletionPorts, projectId: string): Promise<void> {
  for await (const items of pagesOf(ports.table, Partitions.deliveries(projectId), INDEX)) {
    // First: an entry leads the next pass to its delivery, also when this one dies here.
    for (const { pk } of items)
      await deliveries.update(ports.table, { pk, sk: 'DELIVERY' }, (delivery) => ({
        ...delivery,
        listed_under: delivery.listed_under === projectId ? undefined : delivery.listed_under,
        also_in: delivery.also_in.filter((id) => id !== projectId),
        outcomes: delivery.outcomes.filter((outcome) => outcome.project_id !== projectId),
        builds: delivery.builds.filter((build) => build.project_id !== projectId),
      }));
    const entries = items.filter(({ entity }) => entity === deliveryEntries.kind);
    await removeAll(
      ports.table,
      entries.map(({ pk, sk }) => ({ pk, sk })),
    );
  }
}

/** Last: as long as there were items, somebody could have been given a link to these. */
export async function removeBytes(ports: DeletionPorts, projectId: string): Promise<void> {
  for (const prefix of blobPrefixesOf(projectId)) await ports.blobs.removeAll(prefix);
}
