/**
 * A build's shell session: one runner process in the sandbox that runs one command after the other. Each command has
 * a shell of its own, and its folder and exported variables go on to the next one, as in buildspec version 0.2.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { writeAccounts } from './accounts.ts';
import { groupedProcesses, markedProcesses } from './leftovers.mjs';
import type { Limits } from './limits.ts';
import { readOutput } from './output.ts';
import { type OutputPipe, outputPipe } from './pipe.ts';
import { endTree } from './process-tree.ts';
import { type Folders, type Sandbox, SandboxError } from './sandbox.ts';
import { commandScript, exports, quote, runner } from './session-scripts.ts';
import { readyNode, startsAlike, type WarmCommand } from './warm-command.ts';

/** The runner's own end: the program that ends a plain build whose cloud is gone. */
const LEFTOVERS = fileURLToPath(new URL('./leftovers.mjs', import.meta.url));

/** What the sandbox says when it cannot begin fits; of a program that says more, its end. */
const WORDS_CHARACTERS = 4_096;

export type CommandResult = { readonly status: number } | { readonly status: 'ended' };

export interface SessionOptions {
  readonly sandbox: Sandbox;
  readonly limits: Limits;
  readonly host: Folders;
  readonly shell: string;
  /** The way out of the sandbox; without it there is none. */
  readonly network?: { readonly socket: string; readonly relay: readonly string[] } | undefined;
  /** What to get ready before the first command is known, and for which. */
  readonly warm?: WarmCommand & {
    /** The source's folder, as the build sees it. */
    readonly folder: string;
    /** Variables that are the same in every build. */
    readonly environment: Readonly<Record<string, string>>;
  };
}

/** What is known when a build begins. */
export interface Beginning {
  /** Variables before the first command. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of the first command, as the build sees it. */
  readonly folder: string;
  readonly lines: (lines: readonly string[]) => Promise<void>;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #inside: Folders;
  readonly #reader: Readable;
  readonly #child: ChildProcess;
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #ready = Promise.withResolvers<void>();
  #begun: Beginning | undefined;
  #output: Promise<void> | undefined;
  #words = '';
  #count = 0;
  #report: ((result: CommandResult) => void) | undefined;

  /** @throws Error when it cannot be started; nothing of it is left then, its limits neither */
  static async start(options: SessionOptions): Promise<Session> {
    let output: OutputPipe | undefined;
    try {
      output = await outputPipe();
      return new Session(options, output);
    } catch (error) {
      output?.reader.destroy();
      await options.limits.release();
      throw error;
    } finally {
      // The processes of the session have it, if there are any.
      if (output !== undefined) closeSync(output.writer);
    }
  }

  private constructor(options: SessionOptions, output: OutputPipe) {
    const { sandbox, limits, host, shell, network, warm } = options;
    this.#options = options;
    this.#reader = output.reader;
    this.#inside = sandbox.inside(host);
    if (sandbox.kind === 'bubblewrap') writeAccounts(host, this.#inside);
    const ready =
      warm === undefined
        ? []
        : readyNode({ host: host.scripts, inside: this.#inside.scripts }, join(warm.folder, warm.file), {
            ...this.#marked,
            ...warm.environment,
          });
    const script = runner(this.#lastly(), network?.relay.map(quote).join(' '));
    const command = ['/bin/sh', '-c', script, 'runner', shell, ...ready];
    const inside = sandbox.kind === 'bubblewrap' ? limits.wrapInside(command) : command;
    const [program = '', ...args] = limits.wrap(sandbox.wrap(host, inside, network?.socket));
    this.#child = spawn(program, args, {
      cwd: host.output,
      // Nothing of the cloud's own environment; PATH only so that the sandbox's program is found.
      env: { PATH: process.env.PATH, ...this.#marked },
      // What comes on its standard error is the sandbox's own word: the runner's errors go where its output goes.
      stdio: [
        'pipe',
        output.writer,
        'pipe',
        'pipe',
        warm ? 'pipe' : 'ignore',
        sandbox.descriptor ?? 'ignore',
      ],
      detached: true,
    });
    this.#child.on('error', (error) => this.#say(error.message));
    this.#child.stderr?.on('data', (words: Buffer) => this.#say(words.toString()));
    // The last line of a command may be read after its end.
    let open = 2;
    const closed = (): void => {
      open -= 1;
      if (open === 0) this.#closed();
    };
    this.#child.on('close', closed);
    output.reader.on('close', closed);
    this.#ready.promise.catch(() => undefined);
    for (const input of [this.#child.stdin, this.#child.stdio[4]]) input?.on('error', () => {});
    this.#child.stdin?.write(`${this.#nonce}\n`);
  }

  /** Whether its processes are still there. */
  get alive(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** A build gets the session; once, before its first command. */
  begin(beginning: Beginning): void {
    const { state } = this.#options.host;
    this.#begun = beginning;
    this.#hand(join(state, 'env'), exports(beginning.environment));
    this.#hand(join(state, 'folder'), `${beginning.folder}\n`);
    this.#output = readOutput(this.#reader, this.#nonce, {
      lines: beginning.lines,
      ready: () => this.#ready.resolve(),
      ended: (status) => this.#report?.({ status }),
    });
  }

  /** Settled when commands can run. @throws SandboxError with what the sandbox said, when it has ended instead */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Runs one command and waits for its end and its output.
   * @param succeeding what `CODEBUILD_BUILD_SUCCEEDING` says
   * @returns `ended` when the session was ended under it
   */
  async run(command: string, succeeding: boolean): Promise<CommandResult> {
    if (!this.alive) return { status: 'ended' };
    this.#count += 1;
    const result = new Promise<CommandResult>((resolve) => {
      this.#report = resolve;
    });
    const ready = this.#count === 1 && succeeding && this.#hasReady(command);
    this.#child.stdin?.write(ready ? 'ready\n' : `${this.#script(command, succeeding)}\n`);
    return await result;
  }

  /** Writes the command's script. @returns its path, as the build sees it */
  #script(command: string, succeeding: boolean): string {
    const name = `command-${this.#count}.sh`;
    const script = commandScript(this.#inside.state, command, succeeding);
    writeFileSync(join(this.#options.host.scripts, name), script);
    return join(this.#inside.scripts, name);
  }

  /** Lets the Node that was started beforehand go on, if it is the one that the command would start. */
  #hasReady(command: string): boolean {
    const { warm } = this.#options;
    const { environment, folder } = this.#begun ?? {};
    const order = this.#child.stdio[4];
    if (warm === undefined || environment === undefined || !(order instanceof Writable)) return false;
    const same = command === warm.command && folder === warm.folder;
    // Without an order it goes away.
    if (!same || !startsAlike(warm.environment, environment)) order.end();
    else
      order.end(
        `${JSON.stringify({ environment: { ...this.#marked, ...environment, PWD: folder }, folder, args: warm.args })}\n`,
      );
    return same && startsAlike(warm.environment, environment);
  }

  /** Ends the session and every process in it. */
  async end(): Promise<void> {
    // The runner ends by itself at the end of its input, once the command under way is gone.
    this.#child.stdin?.end();
    await endTree(this.#child, () => this.#others());
    this.#child.stdio[3]?.destroy();
    this.#child.stdio[4]?.destroy();
    await this.#output?.catch(() => {});
    this.#reader.destroy();
    await this.#options.limits.release();
  }

  #say(words: string): void {
    this.#words = (this.#words + words).slice(-WORDS_CHARACTERS);
  }

  #closed(): void {
    this.#ready.reject(new SandboxError(this.#words.trim()));
    this.#report?.({ status: 'ended' });
  }

  /** What the machine is known by, in its folder's path and in the environment of its processes. */
  get #mark(): string {
    return basename(dirname(this.#options.host.output));
  }

  /** What all processes of a build without a sandbox carry. */
  get #marked(): Record<string, string> {
    return this.#options.sandbox.kind === 'plain' ? { CODEBUILD_MACHINE: this.#mark } : {};
  }

  /** Processes of the build, wherever they stand. Those of a sandbox go with it. */
  #others(): number[] {
    const { sandbox, limits } = this.#options;
    if (sandbox.kind !== 'plain') return [];
    return [...new Set([...markedProcesses([this.#mark]), ...groupedProcesses(limits.groups)])];
  }

  /** A build without a sandbox ends by what its processes carry. The program that looks for it must not carry it. */
  #lastly(): string {
    const { sandbox, limits } = this.#options;
    if (sandbox.kind !== 'plain') return 'kill -9 0';
    const program = ['/usr/bin/env', '-i', process.execPath, LEFTOVERS, this.#mark, ...limits.groups];
    return `cd /; exec ${program.map(quote).join(' ')}`;
  }

  /** Writes a file that the build may change. */
  #hand(file: string, text: string): void {
    const { owner } = this.#options.sandbox;
    writeFileSync(file, text);
    if (owner !== undefined) chownSync(file, owner, owner);
  }
}
