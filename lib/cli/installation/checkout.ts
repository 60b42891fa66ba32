/**
 * The complete checkout, for the package that has only the CLI: unpacked and installed in the user's cache when a command
 * first needs it, from the lock file of the package. A checkout is complete already.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { isSystemError, systemFailure } from '../failure/system-error.ts';
import { CHECKOUT_ARCHIVE, IS_PACKED, PROGRAM } from '../paths/program.ts';
import { userFolder } from '../paths/user-folders.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sha256Of } from '../transfer/digest.ts';

/** @returns the folder with bin/, lib/ and node_modules/ @throws Failure, when it cannot be installed */
export async function fullCheckout(terminal: Terminal): Promise<string> {
  if (!IS_PACKED) return PROGRAM;
  return installed(terminal).catch((error: unknown) => {
    if (!isSystemError(error)) throw error;
    throw systemFailure(
      error,
      'The dependencies of this command cannot be installed.',
      'Set XDG_CACHE_HOME to a writable folder with 1 GB of free space. Other commands work without these dependencies.',
    );
  });
}

async function installed(terminal: Terminal): Promise<string> {
  const archive = join(PROGRAM, 'dist', CHECKOUT_ARCHIVE);
  const digest = await sha256Of(archive);
  const folder = join(userFolder('cache', process.env), `${packageJson.version}-${digest.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  terminal.note(
    `Installing the dependencies of \`staithe start\` and \`staithe install\` in ${folder} (only once).`,
  );
  mkdirSync(dirname(folder), { recursive: true });
  removeLeftovers(folder);
  const temporary = `${folder}.${process.pid}`;
  process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));
  const { unpack } = await import('../../archive/index.ts');
  await unpack(archive, { format: 'tar.gz', into: temporary });
  await install(temporary);
  try {
    renameSync(temporary, folder); // a folder with this name is complete
  } catch (error) {
    if (!existsSync(folder)) throw error; // otherwise another command was faster
  }
  return folder;
}

/** Removes the temporary folders of killed commands beside `folder`. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(dirname(folder))) {
    const pid = name.startsWith(`${basename(folder)}.`)
      ? Number(name.slice(basename(folder).length + 1))
      : NaN;
    if (pid > 0 && !isAlive(pid)) rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function install(folder: string): Promise<void> {
  const { npm_execpath: _, ...env } = process.env; // npx may have set it to another npm
  const child = spawn(process.execPath, [join(folder, 'bin', 'install.mjs')], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Failure(EXIT.unexpected, {
      code: 'not_installed',
      detail: 'The dependencies of this command could not be installed. The output above has the reason.',
      remedy: 'Fix the problem, then run the command again. Other commands work without these dependencies.',
    });
}
