/** A Staithe to measure: the synthesized template on the embedded cloud, in a process of its own, with a fresh state. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../lib/contract/client.ts';
import { freshAssembly } from '../lib/start/assembly.ts';
import { Answer, type CallCount, type CapacityUse, Ready } from './messages.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What all benches of one run share. */
export interface Bench {
  /** The cloud assembly, synthesized once. */
  readonly assembly: string;
  /** A folder that is removed at the end. */
  readonly scratch: string;
  /** How many builds are started at once where a burst is measured. */
  readonly builds: number;
  /** Says what is under way. */
  readonly say: (line: string) => void;
}

export async function prepare({ builds, say }: Pick<Bench, 'builds' | 'say'>): Promise<Bench> {
  const scratch = await mkdtemp(join(tmpdir(), 'staithe-bench-'));
  const { assembly } = await freshAssembly(ROOT, scratch, { unchecked: true });
  return { assembly, scratch, builds, say };
}

export interface Installation extends Ready {
  readonly client: Client;
  readonly pid: number;
  /** What DynamoDB was asked for since the last call of this. */
  capacity(): Promise<CapacityUse[]>;
  /** Which AWS actions were asked permission for since the last call of this, and how often. */
  calls(): Promise<CallCount[]>;
  /** The largest resident set that the server's process has had, in bytes. */
  peakMemory(): Promise<number>;
}

/** Starts one, lets it be measured, stops it. */
export async function withInstallation<T>(
  { assembly, scratch }: Bench,
  measure: (installation: Installation) => Promise<T>,
  nodeOptions: readonly string[] = [],
): Promise<T> {
  const state = await mkdtemp(join(scratch, 'state-'));
  const server = fork(fileURLToPath(new URL('server-process.ts', import.meta.url)), [assembly, state], {
    execArgv: ['--disable-warning=ExperimentalWarning', ...nodeOptions],
    // The flood of a server's log would be measured too.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(server, 'exit');
  try {
    const [first] = await Promise.race([once(server, 'message'), ended.then(() => [undefined])]);
    const ready = Ready.parse(first);
    return await measure({
      ...ready,
      client: createClient(ready),
      pid: server.pid ?? 0,
      capacity: async () => (await ask(server, 'capacity')).uses ?? [],
      calls: async () => (await ask(server, 'calls')).calls ?? [],
      peakMemory: async () => (await ask(server, 'memory')).peakBytes ?? 0,
    });
  } finally {
    if (server.connected) server.disconnect();
    await ended;
    await rm(state, { recursive: true, force: true });
  }
}

/** One question at a time. */
async function ask(server: ChildProcess, question: 'capacity' | 'calls' | 'memory'): Promise<Answer> {
  const answered = once(server, 'message');
  server.send(question);
  const [answer] = await answered;
  return Answer.parse(answer);
}
