/** What Staithe is read beside, as how fast a machine is differs by a factor of three: starting Node for nothing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from './figure.ts';

const run = promisify(execFile);

export const STARTING_NODE = 'starting Node';

/** Milliseconds of the least that a job needs. */
export async function startOfNode(): Promise<number> {
  const began = performance.now();
  await run(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

/** Where one start stands beside something long, the median of some. */
export async function startsOfNode(times = 5): Promise<number> {
  const samples: number[] = [];
  while (samples.length < times) samples.push(await startOfNode());
  return median(samples);
}

/** Milliseconds of a processor that starting Node takes, which other work on the machine changes little. */
export async function processorOfNodeStart(times = 5): Promise<number> {
  const samples: number[] = [];
  while (samples.length < times) {
    const { stdout } = await run(process.execPath, ['-p', 'const c = process.cpuUsage(); c.user + c.system']);
    samples.push(Number(stdout) / 1000);
  }
  return median(samples);
}
