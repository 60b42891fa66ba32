/** A world around the folder that is unpacked into, in which every change can be seen. */
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where archives aim that name absolute places. `removeAim` takes it away. */
export const AIM = mkdtempSync(join(tmpdir(), 'staithe-aim-'));
export const removeAim = (): void => rmSync(AIM, { recursive: true, force: true });

export class Canary implements Disposable {
  readonly #top = mkdtempSync(join(tmpdir(), 'staithe-crafted-'));
  /** Three levels below the top, so that a few `..` stay among things that are watched. */
  readonly into = join(this.#top, 'one', 'two', 'into');

  constructor() {
    // Test files share modules: another one that knows the aim may have taken it away at its end.
    mkdirSync(AIM, { recursive: true });
    writeFileSync(join(AIM, 'outside.txt'), 'canary');
    mkdirSync(join(this.#top, 'one', 'two', 'sibling'), { recursive: true });
    for (const folder of ['', 'one', 'one/two', 'one/two/sibling'])
      for (const name of ['outside.txt', 'passwd', 'x', 'b'])
        writeFileSync(join(this.#top, folder, name), `canary ${folder}/${name}`, { mode: 0o640 });
    // A name that begins like the root's: `/…/into-beside` starts with `/…/into`.
    writeFileSync(join(this.#top, 'one', 'two', 'into-beside'), 'canary');
    symlinkSync('outside.txt', join(this.#top, 'one', 'two', 'link'));
  }

  /** A digest of everything but the root: names, kinds, modes, owners, counts of links, times of change, content. */
  state(): string {
    const hash = createHash('sha256');
    for (const start of [this.#top, AIM]) this.#add(hash, start);
    return hash.digest('hex');
  }

  #add(hash: ReturnType<typeof createHash>, path: string): void {
    if (path === this.into) return;
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return void hash.update(`${path} absent\0`);
    const isFolder = stats.isDirectory();
    // The folder that holds the root changes its time and count when the root comes to be.
    const counts = isFolder ? '' : `${stats.nlink} ${stats.mtimeNs} ${stats.ctimeNs}`;
    hash.update(`${path} ${stats.mode} ${stats.uid} ${counts}\0`);
    if (stats.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (isFolder) for (const name of readdirSync(path).sort()) this.#add(hash, join(path, name));
    else hash.update(readFileSync(path));
  }

  [Symbol.dispose](): void {
    rmSync(this.#top, { recursive: true, force: true });
  }
}
