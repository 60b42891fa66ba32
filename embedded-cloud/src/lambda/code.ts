/**
 * Deployment packages: zips are unpacked once, in a folder named by their SHA-256, with Lambda's size limits and no way
 * out of that folder.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { AwsError, type Call, type Cloud } from '../service.ts';
import { expectFile } from '../state/expected.ts';
import { invalidParameter } from './context.ts';
import type { Code } from './records.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 250 MB unzipped, 50 MB in a request. */
const UNZIPPED_LIMIT = 262_144_000;
const UPLOAD_LIMIT = 52_428_800;
/** Not Lambda's: keeps a zip of very many empty files from filling the disk with inodes. */
const ENTRY_LIMIT = 100_000;

const SYMBOLIC_LINK = 0o120000;
const FILE_TYPE = 0o170000;

/** Code given as base64 in the request. */
export function codeFromBase64(cloud: Cloud, zipFile: string): Promise<Code> {
  const zip = Buffer.from(zipFile, 'base64');
  if (zip.length > UPLOAD_LIMIT) {
    throw invalidParameter(
      `Request must be smaller than ${UPLOAD_LIMIT} bytes for the CreateFunction operation`,
    );
  }
  return unpack(cloud, zip);
}

/** Code in S3, read with the caller's own permission (`s3:GetObject`), as Lambda reads it. */
export async function codeFromS3(
  cloud: Cloud,
  call: Call,
  bucket: string,
  key: string,
  version?: string,
): Promise<Code> {
  const s3 = cloud.service('s3');
  if (!s3.handle) throw invalidParameter('The embedded cloud has no S3 to read the code from.');
  const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const query = version === undefined ? '' : `versionId=${encodeURIComponent(version)}`;
  const headers = { host: new URL(cloud.endpoint).host };
  const response = await s3.handle({ method: 'GET', path, query, headers, body: Readable.from([]) }, call);
  const body =
    response.body instanceof Readable ? await buffer(response.body) : Buffer.from(response.body ?? '');
  if (response.status !== 200) throw readError(`${bucket}/${key}`, response.status, body.toString());
  return unpack(cloud, body);
}

/** What Lambda says when S3 does not give the code. */
function readError(object: string, status: number, xml: string): AwsError {
  const [code, text] = ['Code', 'Message'].map((name) => new RegExp(`<${name}>([^<]*)`).exec(xml)?.[1] ?? '');
  const reason = `S3 Error Code: ${code}. S3 Error Message: ${text}`;
  if (status !== 403) return invalidParameter(`Error occurred while GetObject. ${reason}`);
  const message = `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${object}. ${reason}`;
  return new AwsError('AccessDeniedException', message, 403);
}

/** Inline source of a template (`Code.ZipFile`): Lambda puts it into `index.js`. */
export function codeFromSource(cloud: Cloud, source: string): Code {
  const sha = createHash('sha256').update(source);
  const digest = sha.digest();
  const folder = join(codeFolder(cloud), digest.toString('hex'));
  if (!existsSync(folder)) {
    const temporary = `${folder}.${randomUUID()}`;
    mkdirSync(temporary, { recursive: true });
    writeFileSync(join(temporary, 'index.js'), source);
    place(temporary, folder);
  }
  return { folder, sha256: digest.toString('base64'), size: Buffer.byteLength(source) };
}

/** Code of a CDK asset: a folder is used in place, a zip file is unpacked. */
export async function codeFromAsset(cloud: Cloud, bucket: string, key: string): Promise<Code | undefined> {
  const asset = cloud.asset(bucket, key);
  if (!asset) return undefined;
  if (asset.packaging === 'file') return unpack(cloud, readFileSync(asset.path));
  // CDK names the asset by the hash of its content, which so identifies the package without zipping it.
  return { folder: asset.path, sha256: createHash('sha256').update(key).digest('base64'), size: 0 };
}

async function unpack(cloud: Cloud, zip: Buffer): Promise<Code> {
  const digest = createHash('sha256').update(zip).digest();
  const folder = join(codeFolder(cloud), digest.toString('hex'));
  if (!existsSync(folder)) {
    const temporary = `${folder}.${randomUUID()}`;
    mkdirSync(temporary, { recursive: true });
    try {
      await extract(zip, temporary);
      place(temporary, folder);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
  }
  return { folder, sha256: digest.toString('base64'), size: zip.length };
}

/** Where code is kept. Its neutral package.json keeps Node from taking `"type"` from a package around the state folder. */
function codeFolder(cloud: Cloud): string {
  const folder = join(cloud.stateDir('lambda'), 'code');
  const neutral = join(folder, 'package.json');
  if (!existsSync(neutral)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(neutral, '{}');
    expectFile({ path: folder, holds: 'the code of deployed functions' });
  }
  return folder;
}

/** Moves a complete folder to its name; when another call was quicker, its folder holds the same. */
function place(temporary: string, folder: string): void {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

const notAZip = 'Could not unzip uploaded file. Please check your file, then try to upload again.';

async function extract(zip: Buffer, folder: string): Promise<void> {
  let file: ZipFile;
  try {
    file = await fromBufferPromise(zip, { lazyEntries: true, strictFileNames: true });
  } catch {
    throw invalidParameter(notAZip);
  }
  if (file.entryCount > ENTRY_LIMIT)
    throw invalidParameter(`The package has more than ${ENTRY_LIMIT} files.`);
  let unzipped = 0;
  try {
    for await (const entry of file.eachEntry()) {
      unzipped += entry.uncompressedSize;
      if (unzipped > UNZIPPED_LIMIT)
        throw invalidParameter(`Unzipped size must be smaller than ${UNZIPPED_LIMIT} bytes`);
      await extractEntry(file, entry, folder);
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidParameterValueException') throw error;
    throw invalidParameter(notAZip);
  } finally {
    file.close();
  }
}

async function extractEntry(file: ZipFile, entry: Entry, folder: string): Promise<void> {
  const path = resolve(folder, entry.fileName);
  const mode = entry.externalFileAttributes >>> 16;
  // yauzl itself refuses absolute names and `..`; links are refused here, as their targets could lie outside.
  if (!(path + sep).startsWith(folder + sep)) throw invalidParameter(notAZip);
  if ((mode & FILE_TYPE) === SYMBOLIC_LINK)
    throw invalidParameter(`The package holds a link: ${entry.fileName}`);
  if (entry.fileName.endsWith('/')) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  const source = await file.openReadStreamPromise(entry);
  await pipeline(source, createWriteStream(path, { mode: mode & 0o777 || 0o644 }));
}
