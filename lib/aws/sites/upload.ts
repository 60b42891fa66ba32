/** Puts the files of a release into the bucket of sites. What is there already is not put again. */
import { createHash } from 'node:crypto';
import {
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type ArchivedFile, ArchiveError, readFiles } from '../../archive/index.ts';
import { TargetError } from '../../domain/ports/targets.ts';
import { isImmutable } from '../../domain/target/static.ts';
import { withArchive } from './archive.ts';
import { headersOf } from './headers.ts';
import { InFlight } from './in-flight.ts';
import { type Marker, rootOf, SiteKeys, type SiteRelease, versionOf } from './layout.ts';

/** Of one file, as it is held in memory. */
const MAX_FILE_MIB = 100;
/** A site of documentation with 20,000 pages and their assets; 50,000 PUTs are $0.25. */
const MAX_FILES = 50_000;

export interface SiteStore {
  readonly client: S3Client;
  /** Of sites. */
  readonly bucket: string;
  /** Of artifacts. */
  readonly artifacts: string;
}

/**
 * @returns what is to be known of the version
 * @throws TargetError when the artifact is no site, or would change what never changes
 */
export async function uploadSite(store: SiteStore, release: SiteRelease): Promise<Marker> {
  const root = rootOf(release);
  const version = versionOf(release);
  const folder = SiteKeys.version(root, version);
  const present = await keysBelow(store, folder);
  const paths: string[] = [];
  const immutable: string[] = [];
  const uploads = new InFlight();
  const put = (key: string, path: string, bytes: Buffer): Promise<void> =>
    uploads.add(bytes.length, () =>
      present.has(key) ? Promise.resolve() : putFile(store, key, path, bytes),
    );

  await withArchive(store.client, store.artifacts, release, async ({ file, format }) => {
    const limits = { fileBytes: MAX_FILE_MIB * 2 ** 20, entries: MAX_FILES };
    const take = async (archived: ArchivedFile): Promise<void> => {
      const { path } = archived;
      paths.push(path);
      // The environment's takes the place of the one that developers have.
      if (path === release.target.variables_file) return;
      const bytes = await bytesOf(archived);
      if (!isImmutable(path, release.target.immutable)) return put(`${folder}${path}`, path, bytes);
      immutable.push(path);
      await uploads.add(bytes.length, () => putImmutable(store, root, path, bytes));
    };
    await readFiles(file, { format, limits }, take).catch(asTargetError);
  });
  const { index, spa, immutable: folders, variables_file: variablesFile } = release.target;
  assertIndex(index, paths);
  if (variablesFile !== undefined)
    await put(`${folder}${variablesFile}`, variablesFile, Buffer.from(JSON.stringify(release.variables)));
  await uploads.finish();
  const live = { root, version, index, spa, immutable: [...folders] };
  return { digest: release.artifact.digest, live, immutable_files: immutable };
}

function asTargetError(error: unknown): never {
  if (error instanceof ArchiveError)
    throw new TargetError(`The artifact cannot be served as a site. ${error.message}`);
  throw error;
}

async function bytesOf({ body }: ArchivedFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function assertIndex(index: string, paths: readonly string[]): void {
  if (paths.includes(index)) return;
  const tops = [...new Set(paths.map((path) => path.replace(/\/.*$/, '/')))].sort().slice(0, 5);
  throw new TargetError(
    `The artifact has no ${index} at its root, where there is ${tops.join(', ') || 'nothing'}. Pack the content of the folder that is to be served, or set the target's index.`,
  );
}

const base64Sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

async function putFile(
  { client, bucket }: SiteStore,
  Key: string,
  path: string,
  Body: Buffer,
): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...headersOf(path, false) }));
}

/** Most releases share most of these with the one before: to ask is a tenth of the price of a PUT, and sends no bytes. */
async function putImmutable(store: SiteStore, root: string, path: string, bytes: Buffer): Promise<void> {
  const { client, bucket } = store;
  const Key = `${SiteKeys.immutable(root)}${path}`;
  const ChecksumSHA256 = base64Sha256(bytes);
  const before = await checksumOf(store, Key);
  if (before === undefined)
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key, Body: bytes, ChecksumSHA256, ...headersOf(path, true) }),
    );
  else if (before !== ChecksumSHA256)
    throw new TargetError(
      `${path} differs from the file that an earlier release has put there, and browsers keep it for a year. Give it another name, best with a hash of its content, or take its folder out of the target's immutable.`,
    );
}

/** @returns undefined when there is no such object */
async function checksumOf({ client, bucket }: SiteStore, Key: string): Promise<string | undefined> {
  try {
    const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' }));
    return found.ChecksumSHA256 ?? 'unknown';
  } catch (error) {
    // HEAD has no body, so the SDK can only tell by the status.
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  }
}

/** Of a version that a step was in the middle of. */
export async function keysBelow({ client, bucket }: SiteStore, Prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken: token }),
    );
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.add(Key);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}
