/** What git has of a folder, as git itself says. */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCodeOf } from './error.ts';

/** Bytes of git's answer: 256 MiB are two million names. */
const MAX_BYTES = 256 * 1024 ** 2;

/**
 * Variables that bind git to another repository than that of its working folder (git rev-parse --local-env-vars): set
 * in hooks, where a build may well be started.
 */
const BINDING = [
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_IMPLICIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_PREFIX'],
  ...[
    'GIT_OBJECT_DIRECTORY',
    'GIT_ALTERNATE_OBJECT_DIRECTORIES',
    'GIT_NAMESPACE',
    'GIT_INTERNAL_SUPER_PREFIX',
  ],
  ...['GIT_CONFIG', 'GIT_CONFIG_PARAMETERS', 'GIT_CONFIG_COUNT', 'GIT_GRAFT_FILE', 'GIT_SHALLOW_FILE'],
];

export interface GitFile {
  /** From the folder, as bytes. */
  readonly name: Buffer;
  readonly tracked: boolean;
}

export interface GitFiles {
  /** Tracked files, there or not, and others that no rule ignores; `name/` for a repository in the tree. */
  readonly files: readonly GitFile[];
  /** What rules ignore: files, and whole folders as `name/`. */
  readonly ignored: readonly string[];
}

/** @returns the root of the checkout that a folder is in; undefined when it is in none */
export function checkoutOf(folder: string): string | undefined {
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * Asks git for the files of a folder of a checkout.
 * @returns why it could not say, when there is no git, or it refuses the checkout
 */
export async function gitFiles(folder: string): Promise<GitFiles | { readonly failed: string }> {
  try {
    const [files, ignored] = await Promise.all([
      lsFiles(folder, '-t', '--cached', '--others'),
      lsFiles(folder, '--others', '--ignored', '--directory'),
    ]);
    return {
      files: files.map((line) => ({ name: line.subarray(2), tracked: line[0] !== UNTRACKED })),
      ignored: ignored.map((name) => name.toString('utf8')),
    };
  } catch (error) {
    return { failed: reasonOf(error) };
  }
}

/** The tag of what git does not track (git-ls-files(1), `-t`). */
const UNTRACKED = '?'.charCodeAt(0);

/** @returns one piece for each name */
async function lsFiles(folder: string, ...options: string[]): Promise<Buffer[]> {
  // A file system monitor is a program that the checkout names.
  const args = ['-c', 'core.fsmonitor=false', 'ls-files', '-z', '--exclude-standard', ...options];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !BINDING.includes(name)));
  const said = await new Promise<Buffer>((resolve, reject) => {
    execFile(
      'git',
      args,
      { cwd: folder, env: { ...env, LC_ALL: 'C' }, encoding: 'buffer', maxBuffer: MAX_BYTES },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(Object.assign(error, { said: stderr.toString('utf8') }));
      },
    );
  });
  const names: Buffer[] = [];
  for (let at = 0, end = said.indexOf(0); end !== -1; at = end + 1, end = said.indexOf(0, at))
    names.push(said.subarray(at, end));
  return names;
}

/** The first line of what git says, without `fatal: `. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (systemCodeOf(error) === 'ENOENT') return 'git is not installed';
  const said = 'said' in error && typeof error.said === 'string' ? error.said.split('\n', 1)[0] : '';
  return said ? said.replace(/^fatal: /, '') : error.message;
}
