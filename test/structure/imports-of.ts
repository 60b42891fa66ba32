/** Which modules a source file imports: statically, dynamically, and for types alone. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The specifiers as written. @param file from the root of the repository */
export function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([\w@.:/-]+)'/g)].flatMap(([, target]) =>
    target === undefined ? [] : [target],
  );
}

/** What each file of a folder imports from the repository: paths from its root. */
export function importGraph(pattern: string): Map<string, string[]> {
  const files = globSync(pattern, { cwd: ROOT });
  return new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => relative(ROOT, join(ROOT, dirname(file), specifier))),
    ]),
  );
}
