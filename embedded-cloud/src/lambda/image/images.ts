/** Unpacked images, each once in a folder that is named by its digest, and only ever complete. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../../service.ts';
import type { Code } from '../records.ts';
import { type Allowance, addLayer } from './layer.ts';
import { download } from './registry.ts';
import { RootFolder, removeRoot } from './root-folder.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 10 GB, of all layers unpacked. */
const IMAGE_LIMIT = 10 * 1024 ** 3;
/** Not Lambda's: keeps an image of very many empty files from filling the disk with inodes. */
const ENTRY_LIMIT = 1_000_000;

/** What a sandbox covers in the root, which must be there to be covered. */
const FOLDERS = ['proc', 'dev', 'tmp'];
const FILES = ['etc/resolv.conf', 'etc/hosts'];

export class Images {
  readonly #cloud: Cloud;
  readonly #stopped = new AbortController();
  readonly #unpacking = new Map<string, Promise<void>>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /**
   * Settled when the image of this code is on disk; at once for other code.
   * @param functionArn the function for which the layers are read
   * @throws Error when they cannot be read or unpacked
   */
  async ready({ folder, image }: Code, functionArn: string): Promise<void> {
    if (!image || existsSync(folder)) return;
    const unpacking = this.#unpacking.get(folder) ?? this.#unpack(folder, image, functionArn);
    this.#unpacking.set(folder, unpacking);
    await unpacking.finally(() => this.#unpacking.delete(folder));
  }

  async #unpack(folder: string, image: NonNullable<Code['image']>, functionArn: string): Promise<void> {
    const temporary = `${folder}.${randomUUID()}`;
    try {
      const root = new RootFolder(temporary);
      const allowance: Allowance = { bytes: IMAGE_LIMIT, entries: ENTRY_LIMIT };
      for (const { digest } of image.layers) {
        const layer = await download(this.#cloud, functionArn, image.repository, digest);
        await addLayer(root, layer, digest, allowance, this.#stopped.signal);
      }
      for (const path of FOLDERS) root.folder(path, 0o755);
      for (const path of FILES) {
        root.remove(path);
        writeFileSync(root.place(path), '');
      }
      root.complete();
      renameSync(temporary, folder);
    } catch (error) {
      removeRoot(temporary);
      throw error;
    }
  }

  /** Removes the images that no version has, and what a crash has left. Nothing may run in them. */
  sweep(used: ReadonlySet<string>): void {
    const all = join(this.#cloud.stateDir('lambda'), 'images');
    if (!existsSync(all)) return;
    for (const name of readdirSync(all)) {
      const folder = join(all, name);
      if (!used.has(folder)) removeRoot(folder);
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The cloud stops.'));
    await Promise.allSettled(this.#unpacking.values());
  }
}
