/** Reading `staithe.yaml`: text to a checked manifest with its hash, or an error that names the place. */
import { stringify } from 'yaml';
import { check, type FieldError } from '../validation/findings.ts';
import { hashOf } from './canonical.ts';
import { type ReadDocument, readDocument, UnreadableDocument } from './document.ts';
import { fieldOf, type Mistake, type Position, positionsIn } from './position.ts';
import { MANIFEST_MAX_BYTES, type Manifest, Manifest as ManifestSchema } from './schema.ts';
import { warningsOf } from './warnings.ts';

export { canonicalManifest, hashOf } from './canonical.ts';
export type { Mistake } from './position.ts';

/** As many mistakes as somebody mends before looking again; a run's message holds no more than that. */
export const MAX_MISTAKES = 20;

/** The manifest cannot be used. Every line of the message begins with `file:line:column`. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  /** In the order of the text. */
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    const more = mistakes.length - MAX_MISTAKES;
    const lines = mistakes.slice(0, MAX_MISTAKES).map((mistake) => lineOf(file, mistake));
    super([...lines, ...(more > 0 ? [`and ${more} more mistakes`] : [])].join('\n'));
    this.mistakes = mistakes;
  }
}

export interface ReadManifest {
  readonly manifest: Manifest;
  readonly hash: string;
}

/** `staithe.yaml:3:14: services.web.timeout: must be at most 8 hours` */
export function lineOf(file: string, { line, column, field, reason }: Mistake): string {
  return `${file}:${line}:${column}: ${field === '' ? 'the manifest' : field}: ${reason}`;
}

/**
 * Reads a manifest in YAML 1.2 or JSON.
 * @param file the name for messages
 * @throws ManifestError naming the place of every mistake, the first 20 of them in its message
 */
export function parse(text: string, file = 'staithe.yaml'): ReadManifest {
  const { manifest } = checked(text, file);
  return { manifest, hash: hashOf(manifest) };
}

/**
 * Reads a manifest for its author.
 * @returns beside the manifest what is allowed and still looks like a mistake
 * @throws ManifestError
 */
export function inspect(text: string, file = 'staithe.yaml'): ReadManifest & { warnings: Mistake[] } {
  const { manifest, document, positionAt } = checked(text, file);
  const warnings = unique(warningsOf(manifest).map((warning) => located(warning, document, positionAt)));
  return { manifest, hash: hashOf(manifest), warnings };
}

/**
 * The bytes of a manifest's file as text.
 * @throws ManifestError where they are no UTF-8, or when there are more than 256 KiB of them
 */
export function textOf(bytes: Uint8Array, file = 'staithe.yaml'): string {
  const refuse = (text: string, offset: number, reason: string): never => {
    throw new ManifestError(file, [{ ...positionsIn(text)(offset), field: '', reason }]);
  };
  if (bytes.length > MANIFEST_MAX_BYTES)
    refuse('', 0, `has ${bytes.length} bytes; ${MANIFEST_MAX_BYTES / 1024} KiB are allowed`);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  // Whatever was replaced was no UTF-8: a replacement character that is written in the file is not made again.
  if (Buffer.compare(Buffer.from(text), bytes) !== 0)
    refuse(text, text.indexOf('\u{fffd}'), 'is not written in UTF-8');
  return text;
}

/** The manifest as YAML, without what has its default. */
export function yamlOf(manifest: unknown): string {
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}

function checked(text: string, file: string) {
  const positionAt = positionsIn(text);
  const document = readOrThrow(text, file, positionAt);
  const result = check(ManifestSchema, document.data, { syntax: 'yaml' });
  const findings = 'findings' in result ? result.findings : [];
  const mistakes = unique([
    ...document.mistakes,
    ...findings.map((finding) => located(finding, document, positionAt)),
  ]);
  if (!('value' in result) || mistakes.length > 0)
    throw new ManifestError(
      file,
      mistakes.sort((a, b) => a.line - b.line || a.column - b.column),
    );
  return { manifest: result.value, document, positionAt };
}

/** Two rules, or an anchor that is used twice, may say the same of one place. */
function unique(mistakes: readonly Mistake[]): Mistake[] {
  return [...new Map(mistakes.map((mistake) => [lineOf('', mistake), mistake])).values()];
}

function readOrThrow(text: string, file: string, positionAt: (offset: number) => Position): ReadDocument {
  try {
    return readDocument(text, positionAt);
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    throw new ManifestError(file, [{ ...positionAt(error.offset), field: '', reason: error.message }]);
  }
}

function located(
  finding: FieldError,
  document: ReadDocument,
  positionAt: (offset: number) => Position,
): Mistake {
  const position = positionAt(document.offsetOf(finding.path, finding.at));
  return { ...position, field: fieldOf(finding.path), reason: finding.reason };
}
