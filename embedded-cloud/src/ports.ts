/** Port numbers that stay the same from start to start, so that URLs handed out before a restart still work. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * Below the range from which Linux, macOS and Windows take the ports of outgoing connections (32768 and up), or a
 * restart could find a client of anything on its port.
 */
const LOWEST = 20_000;
const COUNT = 12_000;

/** A port that another program has taken since the last start, and the one that is used instead. */
export interface MovedPort {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export class Ports {
  readonly #file: string;
  readonly #log: (message: string) => void;
  readonly #known: Map<string, number>;
  readonly #underway = new Map<string, Promise<number>>();
  readonly #taken = new Set<number>();
  readonly moved: MovedPort[] = [];

  constructor(folder: string, log: (message: string) => void) {
    this.#file = join(folder, 'ports.json');
    this.#log = log;
    this.#known = new Map(Object.entries(this.#saved()));
    for (const port of this.#known.values()) this.#taken.add(port);
  }

  /** A file that is damaged is no loss: the same numbers are chosen again, as far as they are free. */
  #saved(): Record<string, number> {
    if (!existsSync(this.#file)) return {};
    try {
      return z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      this.#log(`${this.#file} is damaged; ports are chosen again, mostly the same ones`);
      return {};
    }
  }

  /** The port of this name: chosen free the first time, and only replaced when something else listens on it. */
  port(name: string): Promise<number> {
    const choice = this.#underway.get(name) ?? this.#choose(name);
    this.#underway.set(name, choice);
    return choice;
  }

  async #choose(name: string): Promise<number> {
    const known = this.#known.get(name);
    if (known !== undefined) {
      if (await isFree(known)) return known;
      this.#log(`port ${known} of ${name} is in use by another program; taking another one`);
    }
    const port = await this.#free(name);
    if (known !== undefined) this.moved.push({ name, from: known, to: port });
    this.#known.set(name, port);
    writeFileSync(`${this.#file}.new`, JSON.stringify(Object.fromEntries(this.#known), undefined, 2), {
      mode: 0o600,
    });
    renameSync(`${this.#file}.new`, this.#file);
    return port;
  }

  /** Begins at a place of the folder's and the name's own, so that clouds that start together do not collide. */
  async #free(name: string): Promise<number> {
    const start = createHash('sha256').update(`${this.#file}/${name}`).digest().readUInt32BE(0);
    for (let step = 0; step < COUNT; step++) {
      const port = LOWEST + ((start + step) % COUNT);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isFree(port)) return port;
      this.#taken.delete(port);
    }
    throw new Error(`No port between ${LOWEST} and ${LOWEST + COUNT} is free.`);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
