/** The manifest's file that a command is given, or the one of the folder. */
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
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { excerptOf } from './excerpt.ts';

/** The argument of every command that reads one. */
export const FILE = { file: 'the manifest (default: staithe.yaml, or staithe.yml, of this folder)' } as const;

interface ManifestFile extends ReadManifest {
  /** As it was given, for messages. */
  readonly path: string;
  readonly name: string;
  readonly text: string;
  /** What looks like a mistake and is allowed. */
  readonly doubts: readonly Mistake[];
}

/** @throws Failure usage, with every mistake at its place */
export function readManifestFile(given: string, json: boolean): ManifestFile {
  const path = given === '' ? ownFile() : given;
  const bytes = readBytes(path);
  let text = new TextDecoder().decode(bytes);
  try {
    text = textOf(bytes, path);
    return { ...inspect(text, path), path, name: basename(path), text };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw mistakesFailure(path, text, error.mistakes, json);
  }
}

/** The doubts for people, as notes of a command. */
export function doubtNotes({ path, text, doubts }: ManifestFile): string[] {
  return doubts.flatMap((doubt) =>
    excerptOf(path, text, { ...doubt, reason: `${doubt.reason} (a warning)` }),
  );
}

function ownFile(): string {
  const found = MANIFEST_FILES.find((name) => existsSync(name));
  if (found !== undefined) return found;
  throw usageFailure(
    'There is no staithe.yaml in this folder.',
    'Name a file, or write one: services: {hello: {}} is the smallest.',
  );
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw usageFailure(`The file '${path}' cannot be read${why}.`, 'Name the file of a manifest.');
  }
}

/** As many as fit a screen with the lines that they are in. */
const MAX_SHOWN = 10;

function mistakesFailure(path: string, text: string, mistakes: readonly Mistake[], json: boolean): Failure {
  const more = mistakes.length - MAX_SHOWN;
  return new Failure(
    EXIT.usage,
    {
      code: 'manifest_invalid',
      detail: `${path} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}.`,
      remedy: `Correct ${mistakes.length === 1 ? 'it' : 'them'}, then: staithe manifest check ${path}`,
      ...(json && {
        fields: mistakes.map(({ line, column, field, reason }) => ({
          field: field || 'manifest',
          message: `${reason} (${path}:${line}:${column})`,
        })),
      }),
    },
    {
      lines: [
        ...mistakes.slice(0, MAX_SHOWN).flatMap((mistake) => excerptOf(path, text, mistake)),
        ...(more > 0 ? [`and ${more} more`] : []),
      ],
    },
  );
}
