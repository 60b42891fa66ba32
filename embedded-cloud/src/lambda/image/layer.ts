/**
 * One layer onto the root of an image: its entries, and what it takes away of the layers below
 * (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Parser, type ReadEntry } from 'tar';
import type { RootFolder } from './root-folder.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Lambda's `sbx_user1051`. */
export const FUNCTION_USER = 993;
export const FUNCTION_GROUP = 990;

/** How much of all layers may still be unpacked. */
export interface Allowance {
  bytes: number;
  entries: number;
}

/** @throws Error when the layer is damaged, too large, or asks for what no image may have; the root is then half filled */
export async function addLayer(
  root: RootFolder,
  layer: AsyncIterable<Uint8Array>,
  digest: string,
  allowance: Allowance,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  const entries = new LayerEntries(root, allowance);
  const parser = new Parser({ strict: true, onReadEntry: (entry) => entries.add(entry) });
  const ended = once(parser, 'end');
  ended.catch(() => undefined); // thrown below
  for await (const chunk of layer) {
    signal.throwIfAborted();
    hash.update(chunk);
    if (!parser.write(Buffer.from(chunk))) await Promise.race([once(parser, 'drain'), ended]);
    entries.check();
  }
  parser.end();
  await ended;
  entries.check();
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw new Error(`The layer ${digest} has the digest ${actual}.`);
}

/**
 * What the function's user may do with an entry as the bits of its owner: on Lambda it is "others" to what belongs to root,
 * as nearly all files of images do.
 */
function modeForFunction({ mode = 0o755, uid = 0, gid = 0 }: ReadEntry): number {
  if (uid === FUNCTION_USER) return mode;
  const allowed = (gid === FUNCTION_GROUP ? mode >> 3 : mode) & 0o7;
  return (mode & 0o077) | (allowed << 6);
}

class LayerEntries {
  readonly #root: RootFolder;
  readonly #allowance: Allowance;
  /** What this layer has made, and the folders on the way there: an opaque folder keeps them. */
  readonly #made = new Set<string>();
  #failure: unknown;

  constructor(root: RootFolder, allowance: Allowance) {
    this.#root = root;
    this.#allowance = allowance;
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What goes wrong here has no caller: it is kept for `check`. */
  add(entry: ReadEntry): void {
    try {
      if (this.#failure === undefined) this.#add(entry);
    } catch (error) {
      this.#failure = error;
    }
    entry.resume();
  }

  #add(entry: ReadEntry): void {
    this.#allowance.entries -= 1;
    this.#allowance.bytes -= entry.size;
    if (this.#allowance.bytes < 0 || this.#allowance.entries < 0)
      throw new Error('The unpacked image is larger than 10 GB, or has more than a million files.');
    const { path, linkpath = '' } = entry;
    const mode = modeForFunction(entry);
    const name = basename(path);
    if (name === OPAQUE) this.#root.clear(dirname(path), this.#made);
    else if (name.startsWith(WHITEOUT)) this.#root.remove(join(dirname(path), name.slice(WHITEOUT.length)));
    else if (entry.type === 'Directory' || entry.type === 'GNUDumpDir')
      this.#keep(this.#root.folder(path, mode));
    else if (entry.type === 'SymbolicLink') this.#keep(this.#root.symbolicLink(path, linkpath));
    else if (entry.type === 'Link') this.#keep(this.#root.hardLink(path, linkpath));
    else if (['File', 'OldFile', 'ContiguousFile'].includes(entry.type)) this.#file(entry, mode);
    // Devices and pipes of an image are of no use to a function: it has those of its sandbox.
  }

  #file(entry: ReadEntry, mode: number): void {
    const { at, descriptor } = this.#root.file(entry.path, mode);
    this.#keep(at);
    entry.on('data', (chunk) => {
      try {
        for (let written = 0; written < chunk.length; ) written += writeSync(descriptor, chunk, written);
      } catch (error) {
        this.#failure ??= error;
      }
    });
    entry.on('end', () => closeSync(descriptor));
  }

  #keep(at: string): void {
    for (let path = at; !this.#made.has(path) && path !== dirname(path); path = dirname(path))
      this.#made.add(path);
  }
}
