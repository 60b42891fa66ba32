/** The same job done twice, with all else different that may be: what is then alike follows from the source alone. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { type TarPiece, tarGz } from '../archive/craft.ts';
import type { AgentBench } from './agent.ts';
import type { Scene } from './control-plane.ts';

/** Zip counts in steps of two seconds. */
const COARSEST_MS = 2000;

/** The second time: later, under another umask, in another folder, and of an archive in another order. */
export async function runTwice(
  bench: AgentBench,
  files: readonly TarPiece[],
  scene: Omit<Scene, 'source'>,
  env: () => Record<string, string> = () => ({}),
) {
  const first = await bench.run({ ...scene, source: tarGz(...files) }, env());
  const ended = Date.now();
  const usualFolder = join(bench.root, 'staithe-job');
  mkdirSync(usualFolder);
  try {
    await eventually(() => {
      if (Date.now() < ended + COARSEST_MS) throw new Error('The clock stands still.');
    });
    const umask = '--import=data:text/javascript,process.umask(0o77)';
    const source = tarGz(...files.toReversed());
    const second = await bench.run({ ...scene, source }, { ...env(), NODE_OPTIONS: umask });
    return [first, second] as const;
  } finally {
    rmSync(usualFolder, { recursive: true });
  }
}
