/**
 * An engine that outlived the server: possible only where it is held by a tether and not by the system (`tether.ts`),
 * when both halves of the tether were killed. It must end before another engine opens the same data.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where a tether writes the engine's process id. */
export const pidFile = (dataDir: string): string => join(dataDir, 'engine.pid');

/** Ends the engine that `dataDir` names, if it is still there, and returns when it is gone. */
export async function endLeftOver(dataDir: string): Promise<void> {
  const pid = processIdIn(pidFile(dataDir));
  if (pid !== undefined)
    // The number may have gone to another program since: only an engine on this very folder is ended.
    while (commandOf(pid).includes(dataDir)) {
      kill(pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  rmSync(pidFile(dataDir), { force: true });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It may have ended between the look and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function processIdIn(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The command line of a process; empty when there is none of that number. */
function commandOf(pid: number): string {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
