/** Where mail goes that nobody delivers: a folder with a file for each message. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** More than anybody reads; the oldest go. */
const KEPT = 1000;

export class MailboxFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Complete when it returns, or not there. Names sort by time. */
  put(id: string, at: Date, message: string): void {
    const name = `${at.toISOString().replace(/[:.]/g, '-')}-${id.split('-')[1]?.slice(0, 8)}.eml`;
    const path = join(this.#folder, name);
    writeFileSync(`${path}.part`, message, { mode: 0o600, flush: true });
    renameSync(`${path}.part`, path);
    const names = readdirSync(this.#folder)
      .filter((each) => each.endsWith('.eml'))
      .sort();
    for (const old of names.slice(0, -KEPT)) rmSync(join(this.#folder, old), { force: true });
  }
}
