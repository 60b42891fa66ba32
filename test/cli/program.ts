/** The program that tests of the CLI start. */
import { join } from 'node:path';
import { inject } from 'vitest';
import { bundleCli } from '../../lib/package/bundle.ts';
import { oncePerRun } from '../once.ts';
import { ROOT } from '../system/assembly.ts';
import { programFolder } from '../system/global-setup.ts';

/**
 * `bin/staithe.ts` and all that it imports, bundled as in the published package: a call takes two thirds of what it takes
 * from the sources, of which each command imports 200. Those are run by launcher.test.ts.
 */
export const cliProgram = (): Promise<string> =>
  oncePerRun('cli', async () => {
    const folder = programFolder(inject('runFolder'));
    await bundleCli(join(ROOT, 'bin', 'staithe.ts'), folder);
    return join(folder, 'staithe.js');
  });
