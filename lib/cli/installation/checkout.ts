/**
 * The whole of Staithe for the package, which has the CLI alone: unpacked and installed into the user's cache the first
 * time that a command needs it, from the lock file that came with the package. A checkout is whole already.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { isSystemError, systemFailure } from '../system-error.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sha256Of } from '../upload/digest.ts';
import { userFolder } from '../xdg.ts';
import { CHECKOUT_ARCHIVE, IS_PACKED, PROGRAM } from './program.ts';

/** @returns the folder with bin/, lib/ and node_modules/ @throws Failure, when it cannot be installed */
export async function wholeCheckout(terminal: Terminal): Promise<string> {
  if (!IS_PACKED) return PROGRAM;
  return installed(terminal).catch((error: unknown) => {
    if (!isSystemError(error)) throw error;
    throw systemFailure(
      error,
      'What this command needs cannot be installed.',
      'Set XDG_CACHE_HOME to a folder that can be written, with 1 GB of room. The other commands work without.',
    );
  });
}

async function installed(terminal: Terminal): Promise<string> {
  const archive = join(PROGRAM, 'dist', CHECKOUT_ARCHIVE);
  const digest = await sha256Of(archive);
  const folder = join(userFolder('cache', process.env), `${packageJson.version}-${digest.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  terminal.note(`Bringing what \`staithe\` needs to run and deploy Staithe into ${folder}, once.`);
  mkdirSync(dirname(folder), { recursive: true });
  removeLeftovers(folder);
  const fresh = `${folder}.${process.pid}`;
  process.once('exit', () => rmSync(fresh, { recursive: true, force: true }));
  const { unpack } = await import('../../archive/index.ts');
  await unpack(archive, { format: 'tar.gz', into: fresh });
  await install(fresh);
  try {
    renameSync(fresh, folder); // under its name it is whole
  } catch (error) {
    if (!existsSync(folder)) throw error; // another command was faster
  }
  return folder;
}

/** What a killed command has left beside `folder`. */
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
  const { npm_execpath: _, ...env } = process.env; // npx may have set it to an npm of its own
  const child = spawn(process.execPath, [join(folder, 'bin', 'install.mjs')], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Failure(EXIT.unexpected, {
      code: 'not_installed',
      detail: 'The dependencies of this command could not be installed; the reason is above.',
      remedy: 'Fix it, then run the command again. The other commands work without them.',
    });
}
