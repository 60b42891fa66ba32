/** Ignore files on disk: those of the folders above a packed one hold in it too. */
import { lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import { IgnoreRules } from './ignore-rules.ts';

/** Leaves out more than git does: also of what git tracks. */
export const IGNORE_FILE = '.staitheignore';

/**
 * Rules that the folders from the top down to a packed one have for it, its own not among them.
 * @param before the packed folder, from the top; empty for the top itself
 * @param first of the top, before its ignore file
 * @returns none where they ignore the folder altogether: it was named on purpose, and is a tree of its own
 */
export async function rulesAbove(
  top: string,
  before: string,
  ignoreFile: string,
  first = '',
): Promise<IgnoreRules> {
  const rules = new IgnoreRules().add('', first);
  const steps = before === '' ? [] : before.split('/');
  for (const depth of steps.keys()) {
    const path = steps.slice(0, depth).join('/');
    rules.add(path, await textOf(join(top, path, ignoreFile)));
  }
  return before !== '' && rules.ignores(`${before}/`) ? new IgnoreRules() : rules;
}

/** @returns nothing where there is no such file */
export async function textOf(file: string | Buffer): Promise<string> {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ? readFile(file, 'utf8') : '';
}

/** Where a file lies from a folder, with forward slashes. */
export const below = (folder: string, file: string): string =>
  relative(resolve(folder), resolve(file)).split(sep).join('/');

/** Names in a folder as they are from the top: empty for both being the same. */
export const fromTop = (before: string, path: string): string => posix.join(before, path).replace(/^\.$/, '');
