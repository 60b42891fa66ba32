/** Running a program of the checkout in this terminal. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { IS_PACKED } from '../paths/program.ts';

/**
 * Runs a program of the checkout with the Node of the checkout until it ends. It gets the terminal and the signals.
 * @param words the program, as a path from the checkout, and its arguments
 * @returns its exit code
 */
export async function runInCheckout(
  checkout: string,
  words: readonly [string, ...string[]],
  cwd: string = process.cwd(),
): Promise<number> {
  const [program, ...args] = words;
  const installed = join(checkout, 'node_modules', 'node', 'bin', 'node');
  const node = existsSync(installed) ? installed : process.execPath;
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(checkout, program), ...args], {
    cwd,
    stdio: 'inherit',
    env: {
      ...process.env,
      // A `node` that it starts is the same one.
      PATH: [join(checkout, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
      ...(IS_PACKED && { STAITHE_CALLED_AS: 'staithe' }),
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // The exit code that shells give a process that a signal ended.
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
