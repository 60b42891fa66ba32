/** Says in the log what a source only refers to: a command that needs it would fail for a reason that is hard to see. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { quoted } from '../archive/error.ts';
import { missingContentOf } from '../archive/missing-content.ts';
import type { FileToPack } from '../archive/reproducible.ts';
import { walk } from '../archive/walk.ts';
import { say } from './output.ts';

/** As many as a person reads. */
const MAX_NAMED = 5;

/** @param tree the unpacked source; it is looked through only where git's own files say that there is something to find */
export async function warnOfMissingContent(tree: string): Promise<void> {
  if (!['.gitmodules', '.gitattributes'].some((name) => existsSync(join(tree, name)))) return;
  const files: FileToPack[] = [];
  for await (const file of walk(tree, '.', { leaveOut: () => false })) files.push(file);
  const { submodules, lfsPointers } = await missingContentOf(files);
  if (submodules.length > 0)
    say(
      `    warning: submodules are not in the source, as in every archive of git: ${named(submodules)}; a command may fetch them`,
    );
  if (lfsPointers.length > 0)
    say(`    warning: the source has Git LFS pointers instead of these files: ${named(lfsPointers)}`);
}

const named = (names: readonly string[]): string =>
  names.slice(0, MAX_NAMED).map(quoted).join(', ') + (names.length > MAX_NAMED ? ', …' : '');
