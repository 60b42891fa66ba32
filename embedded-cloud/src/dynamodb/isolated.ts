/**
 * An engine that nobody but this process can reach. The engines take any signature and can only listen on TCP, so the
 * engine gets a network namespace of its own, made by bubblewrap: its loopback is not this machine's. A connector in
 * there (`connector.cjs`) opens connections and passes them out.
 *
 * Who can still reach it can read its data file as well: root, and programs of the same user outside of any sandbox.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CONNECTOR = fileURLToPath(new URL('./connector.cjs', import.meta.url));
/** Nothing else listens in the namespace, so any port will do. */
export const PORT = 8000;

/**
 * The engine and the connector start at the same time, as each takes about as long as the other. The engine takes the
 * shell's place: when it ends, bubblewrap's first process ends, and with that the system ends all others of their
 * process namespace. It does not get the IPC channel (descriptor 3), which so closes when the connector ends.
 */
const SCRIPT = `umask 077; "$1" "$2" ${PORT} </dev/null & shift 2; exec "$@" </dev/null 3<&-`;

/**
 * `--die-with-parent`: the system ends bubblewrap, and so all in it, when this process ends, however it ends. The whole
 * file system is there: the engine is no stranger, only its port is to be kept.
 */
const NAMESPACES = ['--unshare-net', '--unshare-pid', '--dev-bind', '/', '/', '--die-with-parent'];

const answerShape = z.object({ id: z.number(), error: z.string().optional() });

type Dialed = (error: Error | null, socket: Duplex) => void;

/** Gets its connections from a connector. */
export class ConnectorAgent extends Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Dialed>();
  #last = 0;

  constructor(child: ChildProcess, maxSockets: number) {
    super({ keepAlive: true, maxSockets });
    this.#child = child;
    child.on('message', (message, handle) => {
      const { id, error } = answerShape.parse(message);
      this.#answer(
        id,
        handle instanceof Socket ? handle : new Error(error ?? 'the connector passed no connection'),
      );
    });
    for (const end of ['disconnect', 'exit', 'error']) child.once(end, () => this.#fail());
  }

  override createConnection(_options: unknown, dialed?: Dialed): undefined {
    const id = ++this.#last;
    if (dialed) this.#waiting.set(id, dialed);
    if (this.#child.connected) this.#child.send({ id }, (error) => error && this.#answer(id, error));
    else process.nextTick(() => this.#fail());
  }

  #answer(id: number, answer: Socket | Error): void {
    const dialed = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (answer instanceof Socket) {
      answer.setNoDelay(true); // an option of this end, which does not come with the socket
      if (dialed) dialed(null, answer);
      else answer.destroy();
    } else dialed?.(answer, new Socket());
  }

  #fail(): void {
    for (const id of [...this.#waiting.keys()]) this.#answer(id, new Error('the engine has ended'));
  }
}

/** Starts `command`, an engine that listens on `PORT`, where only the returned child's IPC channel reaches it. */
export function spawnIsolated(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const inside = ['/bin/sh', '-c', SCRIPT, 'engine', process.execPath, CONNECTOR, ...command];
  const child = spawn('bwrap', [...NAMESPACES, '--', ...inside], {
    // Settings of this process's Node (a debugger's port, coverage) are not for the connector.
    env: { ...env, NODE_OPTIONS: '' },
    // A Ctrl-C on the terminal reaches this process alone, which then stops its children in the right order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // Without its connector the engine is of no use, and must not stay.
  child.once('disconnect', () => child.kill('SIGKILL'));
  return child;
}
