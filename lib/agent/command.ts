/** Runs one command of a service, in a process group of its own. */
import { spawn } from 'node:child_process';
import { closeSync, readFileSync, statfsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandEnd } from './failure.ts';
import { endOutput, pass, type Tail } from './output.ts';
import type { OutputPipes } from './pipes.ts';

/** What programs get between SIGTERM and SIGKILL, to remove locks and temporary files. */
const GRACE_MS = 5000;
/** How long output may still come after a command's end. What it left running in the background may hold its output open for ever. */
const LAST_OUTPUT_MS = 250;

/** How much of the output a diagnosis reads: the longest epilogue known, npm's usage, has 100 lines. */
const READ_LINES = 200;
/** Less than a few pages: nothing can be written any more. */
const FULL_BYTES = 64 * 1024;

/** The process groups that commands have begun; what runs in the background of one may serve the next. */
export class ProcessGroups {
  readonly #leaders = new Set<number>();

  add(leader: number): void {
    this.#leaders.add(leader);
  }

  /** Ends all that still runs. @param graceful first SIGTERM, and SIGKILL after 5 seconds */
  async end(graceful: boolean): Promise<void> {
    if (graceful) {
      for (const leader of this.#leaders) signalGroup(leader, 'SIGTERM');
      const until = performance.now() + GRACE_MS;
      while (this.#anyAlive() && performance.now() < until) await delay(20);
    }
    for (const leader of this.#leaders) signalGroup(leader, 'SIGKILL');
  }

  /** Forgets a group without members: its number may come to stand for another. */
  removeIfEmpty(leader: number): void {
    if (!signalGroup(leader, 0)) this.#leaders.delete(leader);
  }

  #anyAlive(): boolean {
    for (const leader of this.#leaders) this.removeIfEmpty(leader);
    return this.#leaders.size > 0;
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}

export interface CommandOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly groups: ProcessGroups;
  readonly pipes: OutputPipes;
  /** Keeps the end of the output. */
  readonly tail: Tail;
  readonly signal: AbortSignal;
}

/**
 * Runs a command with `sh -e` and passes its output through, in the order in which it comes (pipes.ts).
 *
 * @returns how it ended @throws the signal's reason, when it is aborted; the whole group is gone then
 */
export async function runCommand(command: string, options: CommandOptions): Promise<CommandEnd> {
  const killsBefore = outOfMemoryKills();
  const { reader: output, writer } = await options.pipes.open();
  const child = spawn('/bin/sh', ['-ec', command], {
    cwd: options.folder,
    env: options.env,
    detached: true,
    stdio: ['ignore', writer, writer],
  });
  closeSync(writer);
  output.on('data', (chunk: Buffer) => {
    if (pass(chunk, options.tail)) return;
    output.pause();
    process.stdout.once('drain', () => output.resume());
  });
  const closed = new Promise<void>((resolve) => output.once('close', () => resolve()));
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.once('error', reject);
  });
  if (child.pid !== undefined) options.groups.add(child.pid);
  const stop = () => void options.groups.end(true);
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    const { exitCode, signal } = await ended;
    await Promise.race([closed, delay(LAST_OUTPUT_MS, undefined, { ref: false })]);
    endOutput(options.tail);
    options.signal.throwIfAborted();
    if (child.pid !== undefined) options.groups.removeIfEmpty(child.pid);
    const outOfMemory = outOfMemoryKills() > killsBefore;
    const lastLines = options.tail.lines();
    const output = options.tail.lines(READ_LINES);
    const diskFull = exitCode !== 0 && isFull(options.folder);
    return { command, exitCode, signal, lastLines, output, outOfMemory, diskFull };
  } finally {
    options.signal.removeEventListener('abort', stop);
  }
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false; // the command has removed the folder
  }
}

/** How many processes of this container the kernel has killed for want of memory (cgroup v2, then v1). */
function outOfMemoryKills(): number {
  for (const file of ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'])
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
      if (count !== undefined) return Number(count);
    } catch {
      // No such cgroup here.
    }
  return 0;
}
