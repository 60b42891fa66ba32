/** What many test files need and one of them makes: whoever of a vitest run is first, in whatever worker. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { inject } from 'vitest';

/**
 * @param name of the thing
 * @param make makes it, in the folder that it is given
 * @returns what `make` has returned, once for the vitest run; throws in each worker what it has thrown
 */
export async function oncePerRun(name: string, make: (folder: string) => Promise<string>): Promise<string> {
  const folder = join(inject('runFolder'), name);
  const done = join(folder, 'done');
  const failed = join(folder, 'failed');
  try {
    mkdirSync(folder); // by one alone: the others wait for it
  } catch {
    await eventually(() => {
      if (!existsSync(done) && !existsSync(failed)) throw new Error(`${name} is still being made.`);
    });
    if (existsSync(failed)) throw new Error(readFileSync(failed, 'utf8'));
    return readFileSync(done, 'utf8');
  }
  try {
    const made = await make(folder);
    writeFileSync(done, made);
    return made;
  } catch (error) {
    writeFileSync(failed, String(error));
    throw error;
  }
}
