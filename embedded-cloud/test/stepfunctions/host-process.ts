/** Step Functions that a test can kill. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FromHost, ToHost } from './host.ts';

export type Input = Record<string, unknown>;

type Neighbour = (input: Input) => unknown;

/** Step Functions in a process of its own, whose neighbours live here. */
export class Host {
  readonly calls: { action: string; input: Input }[] = [];
  neighbours: Record<string, Neighbour> = {};
  readonly #folder = mkdtempSync(join(tmpdir(), 'stepfunctions-'));
  readonly #acting = new Map<number, (message: Extract<FromHost, { kind: 'acted' }>) => void>();
  #child: ChildProcess | undefined;
  #ids = 0;

  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'host.ts'), [this.#folder], { execArgv: [] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the host exited with ${code}`)));
      child.on('message', (message: FromHost) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'acted') this.#acting.get(message.id)?.(message);
        else void this.#answer(child, message);
      });
    });
  }

  async #answer(
    child: ChildProcess,
    { id, action, input }: Extract<FromHost, { kind: 'call' }>,
  ): Promise<void> {
    this.calls.push({ action, input });
    const value = await this.neighbours[action]?.(input);
    const answer: ToHost = { kind: 'answer', id, value };
    // A host that was killed meanwhile gets no answer.
    if (child.connected) child.send(answer, () => {});
  }

  act(action: string, input: Input): Promise<Input> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#acting.set(id, ({ value, error }) => {
        if (error === undefined) resolve(value as Input);
        else reject(new Error(error.message));
      });
      const message: ToHost = { kind: 'act', id, action, input };
      this.#child?.send(message);
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  count(action: string, part = ''): number {
    return this.calls.filter((call) => call.action === action && JSON.stringify(call.input).includes(part))
      .length;
  }
}

export const answer = (value: unknown) => ({
  StatusCode: 200,
  Payload: JSON.stringify(value),
  ExecutedVersion: '$LATEST',
});
