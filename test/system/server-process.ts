/** Staithe as a process of its own, `npm start`'s, that can be killed with everything it has started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import * as z from 'zod';
import { createClient } from '../../lib/contract/client.ts';
import { ROOT, sharedAssembly } from './assembly.ts';

const Connection = z.object({ url: z.string(), token: z.string(), webhook_secret: z.string() });
export type Connection = z.infer<typeof Connection>;

export interface ServerProcess extends AsyncDisposable {
  /** Starts it; at once, before it answers. */
  start(): void;
  /** Waits until it answers. @returns where, and the token */
  ready(): Promise<Connection>;
  /** The id of the running process. */
  pid(): number;
  /** kill -9, of the whole process group. */
  kill(): Promise<void>;
  /** What it printed since its last start. */
  output(): string;
}

/** A server on a state folder of its own, not started yet. */
export async function serverProcess(): Promise<ServerProcess> {
  const state = mkdtempSync(join(tmpdir(), 'staithe-killed-'));
  // The assembly of this test run, so that no start has to synthesize.
  const shared = dirname(await sharedAssembly());
  for (const name of ['assembly', 'assembly.fingerprint'])
    cpSync(join(shared, name), join(state, name), { recursive: true });
  let child: ChildProcess | undefined;
  let output = '';

  const kill = async () => {
    const running = child;
    child = undefined;
    if (running?.pid === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    process.kill(-running.pid, 'SIGKILL');
    await gone;
  };
  return {
    start() {
      output = '';
      child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', 'bin/start.ts', '--no-tour', '--verbose', '--state', state],
        { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    },
    async ready() {
      const answers = async (): Promise<Connection | undefined> => {
        if (child?.exitCode !== null) throw new Error(`The server has ended: ${output}`);
        // The line comes after the connection was written.
        if (!output.includes('✓ admin token')) return undefined;
        const connection = Connection.parse(JSON.parse(readFileSync(join(state, 'connection.json'), 'utf8')));
        await createClient(connection).call('getHealth');
        return connection;
      };
      const connection = await until(answers, (found) => found !== undefined);
      if (connection === undefined) throw new Error('The server is not ready.');
      return connection;
    },
    pid() {
      if (child?.pid === undefined) throw new Error('The server does not run.');
      return child.pid;
    },
    kill,
    output: () => output,
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(state, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
