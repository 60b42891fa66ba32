/** Fetching a build's source: an archive in S3, read as the service role and unpacked. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, open as openZip, type ZipFile } from 'yauzl';
import type { Cloud } from '../service.ts';

/** What an archive may hold: 100,000 files, 4 GiB unpacked. A build that needs more fetches it itself. */
const MAX_ENTRIES = 100_000;
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;

/** A source that cannot be had; the message is for the phase's context. */
export class SourceError extends Error {}

/**
 * Puts the object's content into `target`.
 * @param location `bucket/key`
 * @returns the object's ETag, the resolved source version
 * @throws SourceError, or the SDK's error when the role may not read the object
 */
export async function fetchSource(
  cloud: Cloud,
  options: {
    location: string;
    roleArn: string;
    version?: string | undefined;
    target: string;
    scratch: string;
  },
): Promise<string> {
  const slash = options.location.indexOf('/');
  if (slash <= 0) throw new SourceError(`source location must be bucket/key, not ${options.location}`);
  const Bucket = options.location.slice(0, slash);
  const Key = options.location.slice(slash + 1);
  // Loaded only where a project has an S3 source: its import takes a tenth of a second.
  const { GetObjectCommand, HeadObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: cloud.credentials(options.roleArn),
    forcePathStyle: true,
  });
  const object = { Bucket, Key, ...(options.version && { VersionId: options.version }) };
  try {
    const asset = cloud.asset(Bucket, Key);
    if (asset?.packaging === 'zip') {
      // The same permission as reading it (s3:GetObject); the folder that would be zipped is taken as it is.
      const head = await client.send(new HeadObjectCommand(object));
      await cp(asset.path, options.target, { recursive: true, dereference: true });
      return head.ETag ?? '';
    }
    const { Body, ETag } = await client.send(new GetObjectCommand(object));
    if (!(Body instanceof Readable)) throw new SourceError('the source object has no body');
    const archive = join(options.scratch, 'source.zip');
    await pipeline(Body, createWriteStream(archive));
    await unzip(archive, options.target);
    await rm(archive, { force: true });
    return ETag ?? '';
  } finally {
    client.destroy();
  }
}

/**
 * Unpacks an archive within limits on paths, links, count and size.
 * @throws SourceError
 */
export async function unzip(archive: string, target: string): Promise<void> {
  const zip = await open(archive);
  try {
    if (zip.entryCount > MAX_ENTRIES)
      throw new SourceError(`the source archive has ${zip.entryCount} entries`);
    let bytes = 0;
    await eachEntry(zip, async (entry) => {
      bytes += entry.uncompressedSize;
      if (bytes > MAX_UNPACKED_BYTES) throw new SourceError('the source archive is too large when unpacked');
      await extract(zip, entry, target);
    });
  } finally {
    zip.close();
  }
}

async function extract(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  // yauzl has refused absolute paths and `..` already (its `strictFileNames` and validateFileName).
  const path = join(target, entry.fileName);
  const mode = (entry.externalFileAttributes >>> 16) & 0xffff;
  if ((mode & 0o170000) === 0o120000)
    throw new SourceError(`the source archive has a link: ${entry.fileName}`);
  if (entry.fileName.endsWith('/')) {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const file: WriteStream = createWriteStream(path, { mode: mode & 0o111 ? 0o755 : 0o644 });
  await pipeline(stream, file);
}

function open(archive: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    openZip(archive, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error) reject(new SourceError(`the source is not a zip archive: ${error.message}`));
      else resolve(zip);
    });
  });
}

function eachEntry(zip: ZipFile, visit: (entry: Entry) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      visit(entry).then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  });
}
