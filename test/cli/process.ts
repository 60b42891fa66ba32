/** The CLI as its users run it: a process of its own, in a home and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cliProgram } from './program.ts';

const ENTRY = await cliProgram();

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said on stderr so far. */
  stderr(): string;
}

interface Options {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** A program and its arguments that runs the CLI. */
  readonly under?: readonly string[];
}

export interface Home extends Disposable {
  /** The working directory. */
  readonly folder: string;
  readonly config: string;
  start(args: readonly string[], options?: Options): Running;
  run(args: readonly string[], options?: Options): Promise<Ended>;
}

/** @param url of the server, given to the CLI by its environment */
export function makeHome(url?: string): Home {
  const root = mkdtempSync(join(tmpdir(), 'staithe-cli-'));
  const folder = join(root, 'work');
  const config = join(root, 'config');
  mkdirSync(folder);
  const start: Home['start'] = (args, { env = {}, stdin, under = [] } = {}) => {
    const [program = '', ...words] = [...under, process.execPath, ENTRY, ...args];
    const child = spawn(program, words, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: root,
        XDG_CONFIG_HOME: config,
        TMPDIR: root,
        TZ: 'UTC',
        NODE_COMPILE_CACHE: join(dirname(ENTRY), 'compiled'),
        ...(url !== undefined && { STAITHE_URL: url, STAITHE_TOKEN: 'stt_my-token' }),
        ...env,
      },
    });
    child.stdin.end(stdin ?? '');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    });
    const ended = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(
      ([code, stdout, stderr]) => ({
        code,
        stdout,
        stderr,
      }),
    );
    return { child, ended, stderr: () => said };
  };
  return {
    folder,
    config,
    start,
    run: (args, options) => start(args, options).ended,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
