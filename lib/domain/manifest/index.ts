/** Reading `staithe.yaml`: text to a checked manifest with its hash, or an error that names the place. */
import { LineCounter, parseDocument } from 'yaml';
import { reasonOf } from '../issue.ts';
import { hashOf } from './canonical.ts';
import { type Manifest, Manifest as ManifestSchema } from './schema.ts';

export { canonicalJson, hashOf } from './canonical.ts';

/** As many mistakes as somebody mends before looking again; a run's message holds no more than that. */
const MAX_MISTAKES = 20;

/** The manifest cannot be used. The message names file, line and column. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

export interface ReadManifest {
  readonly manifest: Manifest;
  readonly hash: string;
}

/**
 * @param file the name for messages
 * @throws ManifestError naming `file:line:column` and the first 20 wrong fields
 */
export function parse(text: string, file = 'staithe.yaml'): ReadManifest {
  const lines = new LineCounter();
  // maxAliasCount bounds alias bombs; merge keys and custom tags stay off, so that YAML says just what JSON could.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken !== undefined) throw new ManifestError(`${at(broken.pos[0])}: ${broken.message}`);
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ManifestError(`${file}:1:1: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = ManifestSchema.safeParse(data);
  if (!checked.success) {
    const places = checked.error.issues.map((issue) => {
      const path = [...issue.path].map((step) => (typeof step === 'symbol' ? String(step) : step));
      return `${at(offsetOf(document, path))}: ${path.join('.') || 'the manifest'}: ${reasonOf(issue)}`;
    });
    const more = places.length - MAX_MISTAKES;
    throw new ManifestError(
      [...places.slice(0, MAX_MISTAKES), ...(more > 0 ? [`and ${more} more mistakes`] : [])].join('\n'),
    );
  }
  return { manifest: checked.data, hash: hashOf(checked.data) };
}

/** Where the value at `path` begins, or the nearest that exists around it. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (
      typeof node === 'object' &&
      node !== null &&
      'range' in node &&
      Array.isArray(node.range) &&
      typeof node.range[0] === 'number'
    )
      return node.range[0];
  }
  return 0;
}
