/**
 * Files of CDK's bootstrap bucket, served from the synthesized app: a file as it is, a folder as a zip. The zip has
 * sorted names and one fixed time, so that the same folder gives the same bytes, and is made once.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Cloud } from '../service.ts';
import type { ObjectVersion } from './schema.ts';

/** The earliest time that zip can hold, as CDK's own packaging uses it. */
const ZIP_TIME = new Date(Date.UTC(1980, 0, 1));

export interface Asset extends ObjectVersion {
  readonly path: string;
}

export class AssetFiles {
  readonly #cloud: Cloud;
  readonly #folder: string;
  readonly #found = new Map<string, Promise<Asset | undefined>>();

  constructor(cloud: Cloud, folder: string) {
    this.#cloud = cloud;
    this.#folder = folder;
  }

  find(bucket: string, key: string): Promise<Asset | undefined> {
    const source = this.#cloud.asset(bucket, key);
    if (source === undefined) return Promise.resolve(undefined);
    // Keys are hashes of the content, so what was found once stays true.
    const cacheKey = `${bucket}/${key}\n${source.path}`;
    const known = this.#found.get(cacheKey);
    if (known !== undefined) return known;
    const found = this.#open(bucket, key, source);
    this.#found.set(cacheKey, found);
    found.catch(() => this.#found.delete(cacheKey));
    return found;
  }

  read(asset: Asset, start: number, end: number): Readable {
    return createReadStream(asset.path, { start, end });
  }

  async #open(
    bucket: string,
    key: string,
    source: { path: string; packaging: 'zip' | 'file' },
  ): Promise<Asset> {
    const path = source.packaging === 'zip' ? await this.#zip(source.path) : source.path;
    const { size, mtimeMs } = await stat(path);
    const md5 = createHash('md5');
    for await (const chunk of createReadStream(path)) md5.update(chunk);
    const type = key.endsWith('.zip') ? 'application/zip' : 'binary/octet-stream';
    return {
      path,
      bucket,
      key,
      version: 'null',
      sequence: 0,
      latest: true,
      marker: false,
      modified: Math.floor(mtimeMs),
      size,
      etag: md5.digest('hex'),
      headers: { 'content-type': type },
      tags: {},
      storageClass: 'STANDARD',
      encryption: {},
      pieces: [],
      multipart: false,
    };
  }

  async #zip(folder: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const name = createHash('sha256').update(folder).digest('hex');
    const path = join(this.#folder, `${name}.zip`);
    const part = `${path}.${process.pid}.part`;
    const zip = new ZipFile();
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) {
      const { mode } = await stat(file);
      zip.addFile(file, file.slice(folder.length).replace(/^\/+/, ''), { mtime: ZIP_TIME, mode });
    }
    zip.end();
    try {
      await pipeline(zip.outputStream, createWriteStream(part));
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    return path;
  }
}
