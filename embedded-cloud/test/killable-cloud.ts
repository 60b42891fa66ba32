/** A cloud of one service in a process of its own, for tests that kill it and start it again on the same state. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAssembly } from '../test-kit/assembly.ts';

const Started = z.object({
  endpoint: z.string(),
  operator: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});

export class KillableCloud implements Disposable {
  /** Its assembly and its state; a cloud of this process may go on with them. */
  readonly folder = writeAssembly({ App: {} });
  readonly #service: 'ecr' | 'sqs';
  #child: ChildProcess | undefined;

  constructor(service: 'ecr' | 'sqs') {
    this.#service = service;
  }

  /** @returns what a client of the AWS SDK is made with: its calls end with the process */
  async start() {
    const { assembly, stateDir } = this.folder;
    this.#child = fork(join(import.meta.dirname, 'until-killed.ts'), [this.#service, assembly, stateDir]);
    const [message] = await once(this.#child, 'message');
    const { endpoint, operator } = Started.parse(message);
    return { endpoint, region: 'us-east-1', credentials: operator, maxAttempts: 1 };
  }

  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL');
    this.folder[Symbol.dispose]();
  }
}
