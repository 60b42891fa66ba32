/** From a position in a bundle to the source that it was made of. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAll } from '../../lib/infrastructure/bundles.ts';

type Position = { readonly file: string; readonly line: number; readonly column: number };

/**
 * Bundles anew, with maps: the same sources make the same bytes, so a bundle of the assembly is known by its digest.
 * @returns finds the source of a position; of a file that is no bundle the file itself
 */
export async function sourceFinder(folder: string): Promise<(position: Position) => string> {
  await bundleAll(folder, { sourcemap: 'external' });
  const maps = new Map<string, SourceMap>();
  for (const file of globSync('**/*.cjs', { cwd: folder }))
    maps.set(
      digestOf(join(folder, file)),
      new SourceMap(JSON.parse(readFileSync(join(folder, `${file}.map`), 'utf8'))),
    );
  const agent = maps.get(digestOf(join(folder, 'agent', 'agent.cjs')));
  const known = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string) => {
    // A sandbox has its own names for files.
    if (basename(file) === 'agent.cjs') return agent;
    if (!file.endsWith('.cjs')) return undefined;
    if (!known.has(file))
      known.set(file, maps.get(digestOf(file.startsWith('file:') ? fileURLToPath(file) : file)));
    return known.get(file);
  };
  return ({ file, line, column }) => {
    const map = file.startsWith('node:') ? undefined : mapOf(file);
    const entry = map?.findEntry(line, column);
    return entry && 'originalSource' in entry ? entry.originalSource : file;
  };
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return ''; // of a sandbox that is gone
  }
}
