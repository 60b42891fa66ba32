/** A source whose build makes its text upper case. */

import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { isRunning } from 'embedded-cloud/test-kit/processes.ts';
import { expect } from 'vitest';
import { tarGz } from '../archive/craft.ts';

export const SOURCE = tarGz(
  { name: 'package.json', content: '{}' },
  { name: 'src/in.txt', content: 'hello' },
  { name: 'build.sh', content: 'mkdir -p dist && tr a-z A-Z < src/in.txt > dist/out.txt', mode: 0o755 },
);

export const DIST = [{ paths: ['dist/**'], root: 'dist', format: 'zip' as const }];

/** A process that was killed counts as running until its new parent has taken note, which a busy machine may delay. */
export const gone = (pid: number) => eventually(() => expect(isRunning(pid)).toBe(false));
