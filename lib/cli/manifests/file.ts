/** The manifest file of a command: the one that was specified, or the one in the working directory. */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  inspect,
  ManifestError,
  type Mistake,
  type ReadManifest,
  textOf,
} from '../../domain/manifest/index.ts';
import { MANIFEST_FILES } from '../../domain/manifest/schema.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure, usageFailure } from '../failure/failure.ts';
import { excerptOf } from './excerpt.ts';

/** The argument of every command that reads a manifest. */
export const FILE = { file: 'Manifest file (default: staithe.yaml or staithe.yml in this folder)' } as const;

interface ManifestFile extends ReadManifest {
  /** As on the command line, for messages. */
  readonly path: string;
  readonly name: string;
  readonly text: string;
  /** Valid, but probably a mistake. */
  readonly warnings: readonly Mistake[];
}

/** @throws Failure usage, with the position of every error */
export function readManifestFile(argument: string, json: boolean): ManifestFile {
  const path = argument === '' ? defaultFile() : argument;
  const bytes = readBytes(path);
  let text = new TextDecoder().decode(bytes);
  try {
    text = textOf(bytes, path);
    const { warnings, ...manifest } = inspect(text, path);
    return { ...manifest, warnings, path, name: basename(path), text };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw invalidFailure(path, text, error.mistakes, json);
  }
}

/** The warnings as notes of a command. */
export function warningNotes({ path, text, warnings }: ManifestFile): string[] {
  return warnings.flatMap((warning) =>
    excerptOf(path, text, { ...warning, reason: `warning: ${warning.reason}` }),
  );
}

function defaultFile(): string {
  const found = MANIFEST_FILES.find((name) => existsSync(name));
  if (found !== undefined) return found;
  throw usageFailure(
    'No staithe.yaml in this folder.',
    'Specify a file, or create one; the smallest is: services: {hello: {}}',
  );
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw usageFailure(`Cannot read the file '${path}'${code}.`, 'Specify a manifest file.');
  }
}

/** With their excerpts they fill a screen. */
const MAX_SHOWN = 10;

function invalidFailure(path: string, text: string, errors: readonly Mistake[], json: boolean): Failure {
  const more = errors.length - MAX_SHOWN;
  return new Failure(
    EXIT.usage,
    {
      code: 'manifest_invalid',
      detail: `${path} is not valid: ${errors.length === 1 ? '1 error' : `${errors.length} errors`}.`,
      remedy: `Fix ${errors.length === 1 ? 'it' : 'them'}, then: staithe manifest check ${path}`,
      ...(json && {
        fields: errors.map(({ line, column, field, reason }) => ({
          field: field || 'manifest',
          message: `${reason} (${path}:${line}:${column})`,
        })),
      }),
    },
    {
      lines: [
        ...errors.slice(0, MAX_SHOWN).flatMap((error) => excerptOf(path, text, error)),
        ...(more > 0 ? [`and ${more} more`] : []),
      ],
    },
  );
}
