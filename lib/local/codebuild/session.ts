/**
 * A build's shell session: one runner process in the sandbox that runs one command after the other. Each command has
 * a shell of its own, and its folder and exported variables go on to the next one, as in buildspec version 0.2.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from './limits.ts';
import { readOutput } from './output.ts';
import { endTree } from './process-tree.ts';
import type { Folders, Sandbox } from './sandbox.ts';

/**
 * The runner. It reads the nonce, then the path of each command's script, and reports the exit status between NUL and
 * newline. Commands neither see its input nor inherit a variable from it. The watchdog ends the whole group when the
 * cloud dies: its pipe closes then, also after kill -9 (bubblewrap has --die-with-parent as well).
 */
const RUNNER = `
exec 2>&1
shell=$1
( read -r _ <&3; kill -9 0 ) </dev/null >/dev/null 2>&1 &
exec 3<&-
IFS= read -r nonce
while IFS= read -r script; do
  "$shell" "$script" </dev/null
  printf '\\000%s %s\\n' "$nonce" "$?"
done
`;

export type CommandResult = { readonly status: number } | { readonly status: 'ended' };

export interface SessionOptions {
  readonly sandbox: Sandbox;
  readonly limits: Limits;
  readonly host: Folders;
  /** Variables before the first command. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of the first command, as the build sees it. */
  readonly folder: string;
  readonly shell: string;
  readonly lines: (lines: readonly string[]) => Promise<void>;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #inside: Folders;
  readonly #child: ChildProcess;
  readonly #output: Promise<void>;
  #count = 0;
  #report: ((result: CommandResult) => void) | undefined;

  constructor(options: SessionOptions) {
    const { sandbox, limits, host, environment, folder, shell } = options;
    this.#options = options;
    this.#inside = sandbox.inside(host);
    writeFileSync(join(host.state, 'env'), exports(environment));
    writeFileSync(join(host.state, 'folder'), `${folder}\n`);
    const nonce = randomBytes(16).toString('hex');
    const runner = ['/bin/sh', '-c', RUNNER, 'runner', shell];
    const inside = sandbox.kind === 'bubblewrap' ? limits.wrapInside(runner) : runner;
    const [program = '', ...args] = limits.wrap(sandbox.wrap(host, inside));
    this.#child = spawn(program, args, {
      cwd: host.output,
      // Nothing of the cloud's own environment; PATH only so that the sandbox's program is found.
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
      detached: true,
    });
    this.#child.on('error', () => this.#report?.({ status: 'ended' }));
    this.#child.on('close', () => this.#report?.({ status: 'ended' }));
    this.#child.stdin?.on('error', () => {});
    this.#child.stdin?.write(`${nonce}\n`);
    const { stdout } = this.#child;
    this.#output = stdout
      ? readOutput(stdout, nonce, { lines: options.lines, ended: (status) => this.#report?.({ status }) })
      : Promise.resolve();
  }

  /**
   * Runs one command and waits for its end and its output.
   * @param succeeding what `CODEBUILD_BUILD_SUCCEEDING` says
   * @returns `ended` when the session was ended under it
   */
  async run(command: string, succeeding: boolean): Promise<CommandResult> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return { status: 'ended' };
    this.#count += 1;
    const name = `command-${this.#count}.sh`;
    writeFileSync(
      join(this.#options.host.scripts, name),
      commandScript(this.#inside.state, command, succeeding),
    );
    const result = new Promise<CommandResult>((resolve) => {
      this.#report = resolve;
    });
    this.#child.stdin?.write(`${join(this.#inside.scripts, name)}\n`);
    return await result;
  }

  /** Ends the session and every process in it. */
  async end(): Promise<void> {
    // The runner ends by itself at the end of its input, once the command under way is gone.
    this.#child.stdin?.end();
    await endTree(this.#child);
    this.#child.stdio[3]?.destroy();
    await this.#output.catch(() => {});
    this.#options.limits.release();
  }
}

/** Takes the state over, leaves it behind at the end, however the command ends. */
function commandScript(state: string, command: string, succeeding: boolean): string {
  const env = quote(join(state, 'env'));
  const folder = quote(join(state, 'folder'));
  return [
    `. ${env}`,
    `export CODEBUILD_BUILD_SUCCEEDING=${succeeding ? 1 : 0}`,
    `IFS= read -r __codebuild_folder < ${folder}; cd "$__codebuild_folder"; unset __codebuild_folder`,
    `trap '__codebuild_status=$?; export -p > ${nested(env)}; printf "%s\\n" "$PWD" > ${nested(folder)}; exit $__codebuild_status' EXIT`,
    command,
    '',
  ].join('\n');
}

function exports(environment: Readonly<Record<string, string>>): string {
  const names = Object.entries(environment).filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  return names.map(([name, value]) => `export ${name}=${quote(value)}\n`).join('');
}

/** One word for the shell, whatever the text holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A quoted word within single quotes. */
function nested(word: string): string {
  return word.replaceAll("'", "'\\''");
}
