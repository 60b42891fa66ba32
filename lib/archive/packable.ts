/** What may be packed, decided in one place for sources, artifacts and caches, whatever the format. */
import { flawOfName } from './entry-name.ts';
import { ArchiveError, quoted } from './error.ts';
import { byName, type FileToPack } from './reproducible.ts';
import { resolveLinks } from './resolve-links.ts';

/**
 * The files as every format can hold them, by name.
 * @param root the folder that names begin at, on this machine
 * @throws ArchiveError unsupported_entry | path_outside | link_outside | collision
 */
export async function packable(files: readonly FileToPack[], root: string): Promise<FileToPack[]> {
  for (const file of files) refuseUnkeepable(file);
  refuseBelowLinks(files);
  return (await resolveLinks(files, root)).sort(byName);
}

/**
 * Names that an archive cannot hold, or that some system would take for another: tar, zip and the unpacker must agree.
 * @throws ArchiveError
 */
function refuseUnkeepable({ kind, name, path, target }: FileToPack): void {
  if (kind === 'unnameable')
    throw new ArchiveError('unsupported_entry', `The name '${path}' is not UTF-8. ${RENAME}`, path);
  const flaw = flawOfName(name);
  if (flaw !== undefined)
    throw new ArchiveError('path_outside', `The name ${quoted(name)} ${flaw}. ${RENAME}`, name);
  if (target.includes('\\'))
    throw new ArchiveError(
      'link_outside',
      `The link ${quoted(name)} leads to ${quoted(target)}, whose name holds a backslash. ${RENAME}`,
      name,
    );
}

/** A link that one glob follows and another one keeps would be a folder and a link of one name. @throws ArchiveError */
function refuseBelowLinks(files: readonly FileToPack[]): void {
  const links = new Set(files.flatMap(({ kind, name }) => (kind === 'link' ? [name] : [])));
  if (links.size === 0) return;
  for (const { name } of files)
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1))
      if (links.has(name.slice(0, at)))
        throw new ArchiveError(
          'collision',
          `The link ${quoted(name.slice(0, at))} would be packed as a link and, followed, as a folder with ${quoted(name)}. Choose it in one way: name the link itself, or the folder that it leads to.`,
          name.slice(0, at),
        );
}

const RENAME = 'Rename it, or exclude it.';
