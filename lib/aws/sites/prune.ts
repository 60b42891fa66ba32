/** Removes old versions of a site, and what only they have needed. */
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Marker, SiteKeys } from './layout.ts';
import { keysBelow, type SiteStore } from './upload.ts';

/** That are kept, the newest: as many as there are successful deployments that one goes back to. */
const KEPT_VERSIONS = 10;

export async function readMarker(
  { client, bucket }: SiteStore,
  root: string,
  version: string,
): Promise<Marker | undefined> {
  try {
    const { Body: body } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: SiteKeys.marker(root, version) }),
    );
    return Marker.parse(JSON.parse((await body?.transformToString()) ?? ''));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

export async function writeMarker({ client, bucket }: SiteStore, marker: Marker): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: SiteKeys.marker(marker.live.root, marker.live.version),
      Body: JSON.stringify(marker),
      ContentType: 'application/json',
    }),
  );
}

/** @returns versions that are too many, without those that are needed whatever their age */
export async function outdatedVersions(
  { client, bucket }: SiteStore,
  root: string,
  needed: readonly (string | undefined)[],
): Promise<string[]> {
  const prefix = SiteKeys.markers(root);
  // One page: there are never many more than are kept.
  const { Contents: markers = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return markers
    .toSorted((a, b) => Number(b.LastModified) - Number(a.LastModified))
    .map(({ Key = '' }) => Key.slice(prefix.length).replace(/\.json$/, ''))
    .filter((version, index) => index >= KEPT_VERSIONS && !needed.includes(version));
}

/** The markers go first: a version that has none is not complete, whatever else is left of it. */
export async function removeVersions(
  store: SiteStore,
  root: string,
  versions: readonly string[],
): Promise<void> {
  await remove(
    store,
    versions.map((version) => SiteKeys.marker(root, version)),
  );
  for (const version of versions)
    await remove(store, [...(await keysBelow(store, SiteKeys.version(root, version)))]);
  const prefix = SiteKeys.immutable(root);
  const needed = await neededFiles(store, root);
  const shared = [...(await keysBelow(store, prefix))];
  await remove(
    store,
    shared.filter((key) => !needed.has(key.slice(prefix.length))),
  );
}

async function neededFiles(store: SiteStore, root: string): Promise<Set<string>> {
  const prefix = SiteKeys.markers(root);
  const versions = [...(await keysBelow(store, prefix))].map((key) =>
    key.slice(prefix.length).replace(/\.json$/, ''),
  );
  const markers = await Promise.all(versions.map((version) => readMarker(store, root, version)));
  return new Set(markers.flatMap((marker) => marker?.immutable_files ?? []));
}

/** S3 takes 1,000 keys at once. */
async function remove({ client, bucket }: SiteStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 1_000) {
    const Objects = keys.slice(start, start + 1_000).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
}
