/** One replica: a process that is started again, after a pause, whenever it ends. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { logLines } from '../lambda/runtime/environment-log.ts';
import { letGo } from '../lambda/runtime/exit.ts';
import type { Endpoint } from './balance.ts';
import { exitWords } from './exit-words.ts';
import { type Launch, launch, type Running } from './launch.ts';
import { releasePort, takePort, untilAccepting } from './port.ts';
import { pauseAfter, type Settings } from './settings.ts';

export type ReplicaState = 'starting' | 'ready' | 'restarting' | 'stopping';

export interface Exit {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly replica: number;
  readonly reason: string;
}

export interface ReplicaOptions {
  readonly number: number;
  readonly type: 'web' | 'worker';
  readonly launch: Omit<Launch, 'id' | 'port' | 'left'>;
  readonly settings: Settings;
  /** Takes a line of a process. @param process the id of its start */
  readonly line: (process: string, text: string) => void;
  /** Its state has changed, or it has ended once more. */
  readonly changed: (exit?: Exit) => void;
}

/** Of each replica, for whoever asks why it does not start. */
const LAST_LINES = 20;
const LINE_CHARACTERS = 500;
const MEMORY_EXIT = /SIGKILL/;

export class Replica {
  readonly number: number;
  state: ReplicaState = 'starting';
  restarts = 0;
  /** How often it has ended without having run for long. */
  ends = 0;
  /** Since when it is in its state, in epoch milliseconds. */
  since = Date.now();
  /** There while it is ready. */
  endpoint: Endpoint | undefined;
  lastLines: string[] = [];
  readonly #options: ReplicaOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #running: Running | undefined;

  constructor(options: ReplicaOptions) {
    this.number = options.number;
    this.#options = options;
    this.#done = this.#run();
  }

  /** No more requests for it; those that it has are answered, then it is asked to end, then it is ended. */
  async stop({ drainMs, graceMs }: { drainMs: number; graceMs: number }): Promise<void> {
    const { endpoint } = this;
    this.endpoint = undefined;
    this.#become('stopping');
    this.#stop.abort();
    const deadline = performance.now() + drainMs;
    while (endpoint !== undefined && endpoint.inFlight > 0 && performance.now() < deadline) await delay(10);
    await this.#running?.end(graceMs);
    await this.#done;
  }

  async #run(): Promise<void> {
    const { settings, changed } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#become('starting');
      const began = performance.now();
      const reason = await this.#runOnce().catch(
        (error: unknown) => `could not be started: ${String(error)}`,
      );
      this.endpoint = undefined;
      if (signal.aborted) return;
      this.ends = performance.now() - began >= settings.healthyMs ? 1 : this.ends + 1;
      this.#become('restarting');
      changed({ at: Date.now(), replica: this.number, reason });
      if (signal.aborted) return;
      await delay(pauseAfter(this.ends, settings), undefined, { signal }).catch(() => undefined);
      this.restarts += 1;
    }
  }

  /** @returns why it has ended */
  async #runOnce(): Promise<string> {
    const id = randomUUID();
    const { launch: options, type } = this.#options;
    const port = type === 'web' ? await takePort() : undefined;
    try {
      if (this.#stop.signal.aborted) return 'it was stopped';
      this.lastLines = [];
      const running = launch({
        ...{ ...options, id, port },
        left: (folder, error) => this.#say(id, `${folder} could not be removed: ${String(error)}`),
      });
      this.#running = running;
      const exited = this.#watch(running, id);
      const reason = await this.#becomeReady(running, exited, port);
      await running.end(0);
      this.#say(id, `replica ${this.number} ended: ${reason}`);
      return reason;
    } finally {
      if (port !== undefined) releasePort(port);
      this.#running = undefined;
    }
  }

  /** @returns settles with the reason when it has ended */
  #watch({ child, isolation }: Running, id: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#say(id, `replica ${this.number} starts (${isolation})`);
    const line = (text: string): void => this.#say(id, text);
    logLines(child.stdout, line);
    logLines(child.stderr, line);
    const { memoryMb } = this.#options.launch;
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      letGo(child);
      const words = exitWords(code, signal);
      const isMemory = memoryMb !== undefined && MEMORY_EXIT.test(words);
      // Behind its last lines.
      child.once('close', () =>
        resolve(isMemory ? `${words}, perhaps for more than ${memoryMb} MB of memory` : words),
      );
    });
    return promise;
  }

  /** Waits until it is ready, and then until it ends. */
  async #becomeReady(running: Running, exited: Promise<string>, port: number | undefined): Promise<string> {
    const { settings, changed } = this.#options;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(settings.startMs), this.#stop.signal]);
    const ready =
      port === undefined ? delay(settings.steadyMs, undefined, { signal }) : untilAccepting(port, signal);
    const first = await Promise.race([exited, ready.then(() => true).catch(() => false)]);
    over.abort();
    if (typeof first === 'string') return first;
    if (!first && !this.#stop.signal.aborted) {
      await running.end(settings.graceMs);
      return `it did not accept connections on 127.0.0.1, at the port that PORT names, within ${settings.startMs / 1000} s`;
    }
    if (first && !this.#stop.signal.aborted) {
      if (port !== undefined) this.endpoint = { port, inFlight: 0 };
      this.#become('ready');
      changed();
    }
    return exited;
  }

  #say(id: string, text: string): void {
    this.lastLines = [...this.lastLines, text.slice(0, LINE_CHARACTERS)].slice(-LAST_LINES);
    this.#options.line(id, text);
  }

  #become(state: ReplicaState): void {
    if (this.state === 'stopping') return;
    this.state = state;
    this.since = Date.now();
  }
}
