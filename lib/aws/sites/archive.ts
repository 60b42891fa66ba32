/** The archive of a release, fetched to a file, as a zip is read from its end. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { TargetError } from '../../domain/ports/targets.ts';
import { hexOf } from '../../domain/values.ts';
import type { SiteRelease } from './layout.ts';

/** A function has 512 MB of disk ("Configure ephemeral storage for Lambda functions"). */
const MAX_ARCHIVE_MIB = 400;

interface FetchedArchive {
  readonly file: string;
  readonly format: 'tar.gz' | 'zip';
}

/** @throws TargetError when it is too large, no archive, or has another digest */
export async function withArchive<Result>(
  client: S3Client,
  bucket: string,
  { artifact }: SiteRelease,
  use: (archive: FetchedArchive) => Promise<Result>,
): Promise<Result> {
  const { Body: body, ContentLength: size = 0 } = await client
    .send(new GetObjectCommand({ Bucket: bucket, Key: artifact.key }))
    .catch((error: unknown) => {
      // S3 tells nobody who may not list what is not there.
      if (error instanceof S3ServiceException && ['NoSuchKey', 'AccessDenied'].includes(error.name))
        throw new TargetError(`The artifact ${artifact.digest} is not in storage any more. Build it again.`);
      throw error;
    });
  if (!(body instanceof Readable)) throw new Error(`S3 gave no stream for ${artifact.key}.`);
  if (size > MAX_ARCHIVE_MIB * 2 ** 20) {
    body.destroy();
    throw new TargetError(`The archive of a site may have ${MAX_ARCHIVE_MIB} MiB; this one has more.`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'staithe-site-'));
  try {
    const file = join(folder, 'archive');
    const digest = await save(body, file);
    if (digest !== hexOf(artifact.digest))
      throw new TargetError(`The stored artifact has the digest sha256:${digest}, not ${artifact.digest}.`);
    return await use({ file, format: await formatOf(file) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the SHA-256 of the bytes, in hexadecimal digits */
async function save(body: Readable, file: string): Promise<string> {
  const hash = createHash('sha256');
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(body, hashed, createWriteStream(file));
  return hash.digest('hex');
}

/** By its first bytes: a name or a type that a client has sent proves nothing. */
async function formatOf(file: string): Promise<'tar.gz' | 'zip'> {
  const handle = await open(file);
  try {
    const { buffer: start } = await handle.read({ buffer: Buffer.alloc(4), position: 0 });
    if (start.toString('latin1', 0, 2) === 'PK') return 'zip';
    if (start[0] === 0x1f && start[1] === 0x8b) return 'tar.gz';
  } finally {
    await handle.close();
  }
  throw new TargetError('The artifact is neither a zip file nor a tar.gz file. Pack the files of the site.');
}
