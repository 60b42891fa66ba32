/**
 * Pipes for the output of commands. What `node:child_process` calls a pipe is a socket, and nobody can open that by
 * `/dev/stdout`, `/dev/stderr` or `/proc/self/fd/1` (open(2): ENXIO). A FIFO can be opened so. Both outputs of a command
 * are one of these, so lines come out in the order in which they were written, by whichever name.
 */
import { execFile } from 'node:child_process';
import { constants, openSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Node has no mkfifo(3), and a program takes 2 ms: so many at once that most jobs need it once. */
const MADE_AT_ONCE = 16;
/** Also for users that a command becomes; the folder is closed to everybody else. */
const MODE = '666';

export interface OutputPipe {
  readonly reader: Socket;
  /** The descriptor that a child gets as its standard output and error; to be closed once it has it. */
  readonly writer: number;
}

export class OutputPipes {
  readonly #folder: string;
  #made: Promise<string[]>;
  #count = 0;

  /** @param folder is made, and nobody else's; the first pipes are made at once, as a job's first command is near */
  constructor(folder: string) {
    this.#folder = folder;
    this.#made = this.#make();
    this.#made.catch(() => undefined); // who asks for a pipe is told
  }

  /** A pipe for one command. It has no name any more, so nothing is left of it when both ends are closed. */
  async open(): Promise<OutputPipe> {
    const path = await this.#next();
    // In this order neither waits for the other (fifo(7)).
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    rmSync(path);
    return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer };
  }

  async #next(): Promise<string> {
    for (;;) {
      const path = (await this.#made).shift();
      if (path !== undefined) return path;
      this.#made = this.#make();
    }
  }

  /** Where systems have it (POSIX.1-2017, mkfifo), whatever else the machine's path leaves out. */
  get #path(): string {
    return [process.env.PATH, '/usr/bin', '/bin'].join(delimiter);
  }

  async #make(): Promise<string[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const paths = Array.from({ length: MADE_AT_ONCE }, () => join(this.#folder, String(this.#count++)));
    await promisify(execFile)('mkfifo', ['-m', MODE, ...paths], { env: { PATH: this.#path } });
    return paths;
  }
}
