/** Code of versions: read from S3 as the caller, checked by its digest, unpacked once in a folder of that name. */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { removeFolder } from '../../codebuild/remains.ts';
import { AwsError, type Call, type Cloud } from '../../service.ts';
import { expectFile } from '../../state/expected.ts';
import { ArchiveError, Unpacked } from './entry.ts';
import { unpackTarGz } from './tar.ts';
import { unpackZip } from './zip.ts';

/** The name of code that is no archive: a program. */
export const PROGRAM = 'program';

export interface CodeSource {
  readonly S3Bucket: string;
  readonly S3Key: string;
  readonly Sha256: string;
}

export class CodeFolders {
  readonly #cloud: Cloud;
  readonly #root: string;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#root = join(cloud.stateDir('processes'), 'code');
    mkdirSync(this.#root, { recursive: true });
    expectFile({ path: this.#root, holds: 'the code of process groups' });
  }

  folderOf(sha256: string): string {
    return join(this.#root, sha256);
  }

  /**
   * Makes the folder, unless it is there. Also then the caller must be able to read the code (`s3:GetObject`) and name its
   * digest: whoever only knows the digest of another's code does not get to run it.
   * @throws AwsError when it cannot be read, is not what the digest says, or cannot be unpacked
   */
  async fetch(source: CodeSource, call: Call): Promise<void> {
    const body = await this.#read(source, call);
    const folder = this.folderOf(source.Sha256);
    const temporary = `${folder}.${randomUUID()}`;
    const archive = `${temporary}.archive`;
    try {
      const sha256 = await saved(body, this.has(source.Sha256) ? undefined : archive);
      if (sha256 !== source.Sha256)
        throw invalid(`The code has the SHA-256 ${sha256}, and not ${source.Sha256} as the request says.`);
      if (!existsSync(archive)) return;
      mkdirSync(temporary);
      await unpack(archive, temporary);
      if (!existsSync(folder)) renameSync(temporary, folder);
    } catch (error) {
      throw error instanceof ArchiveError ? invalid(error.message) : error;
    } finally {
      for (const path of [archive, temporary]) rmSync(path, { recursive: true, force: true });
    }
  }

  has(sha256: string): boolean {
    return existsSync(this.folderOf(sha256));
  }

  /** It is gone at once, so that nobody uses what is being removed. */
  async remove(sha256: string): Promise<void> {
    if (!this.has(sha256)) return;
    const gone = `${this.folderOf(sha256)}.${randomUUID()}`;
    renameSync(this.folderOf(sha256), gone);
    await removeFolder(gone);
  }

  /** Removes all other code, and what a crash has left. Only before anything is fetched. */
  async keepOnly(digests: ReadonlySet<string>): Promise<void> {
    const others = readdirSync(this.#root).filter((name) => !digests.has(name));
    await Promise.all(others.map((name) => removeFolder(join(this.#root, name))));
  }

  async #read({ S3Bucket, S3Key }: CodeSource, call: Call): Promise<Readable> {
    const s3 = this.#cloud.service('s3');
    if (!s3.handle) throw invalid('The embedded cloud has no S3 to read the code from.');
    const path = `/${S3Bucket}/${S3Key.split('/').map(encodeURIComponent).join('/')}`;
    const headers = { host: new URL(this.#cloud.endpoint).host };
    const request = { method: 'GET', path, query: '', headers, body: Readable.from([]) };
    const response = await s3.handle(request, call).catch((error: unknown) => {
      if (error instanceof AwsError && error.status === 404)
        throw invalid(`The code ${S3Bucket}/${S3Key} cannot be read: ${error.message}`);
      throw error;
    });
    const body =
      response.body instanceof Readable ? response.body : Readable.from([Buffer.from(response.body ?? '')]);
    if (response.status === 200) return body;
    body.destroy();
    throw invalid(`The code ${S3Bucket}/${S3Key} cannot be read: S3 answered ${response.status}.`);
  }
}

const invalid = (message: string): AwsError => new AwsError('InvalidCodeException', message);

/** @param path undefined to read only @returns the SHA-256 of all that was read, in hexadecimal */
async function saved(body: Readable, path: string | undefined): Promise<string> {
  const sha256 = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      sha256.update(chunk);
      yield chunk;
    }
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(body, hashed, path === undefined ? nowhere : createWriteStream(path));
  return sha256.digest('hex');
}

/** By its first bytes, as its name says nothing. */
async function unpack(archive: string, folder: string): Promise<void> {
  const into = new Unpacked(folder);
  const magic = firstBytes(archive);
  if (magic.startsWith('504b')) await unpackZip(archive, into);
  else if (magic.startsWith('1f8b')) await unpackTarGz(archive, into);
  else {
    await copyFile(archive, join(folder, PROGRAM));
    await chmod(join(folder, PROGRAM), 0o755);
  }
  into.finish();
}

function firstBytes(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return bytes.toString('hex', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
