/** Unfinished uploads, saved so that the same command can resume them. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure/failure.ts';
import { isSystemError } from '../failure/system-error.ts';
import { readObject, textIn, writeObject } from '../paths/json-file.ts';
import { userFolder } from '../paths/user-folders.ts';

/** The identity of an upload: content, server, project, name and type. */
export interface UploadKey {
  readonly sha256: string;
  readonly url: string;
  readonly project: string | undefined;
  readonly name: string;
  readonly contentType: string;
}

function stateFile(env: NodeJS.ProcessEnv, { sha256, ...rest }: UploadKey): string {
  const target = createHash('sha256')
    .update(JSON.stringify(Object.entries(rest).sort()))
    .digest('hex');
  return join(userFolder('state', env), 'uploads', `${sha256}-${target.slice(0, 12)}.json`);
}

/** @returns the id of the artifact; undefined if nothing is saved, or not readable */
export function readUnfinished(env: NodeJS.ProcessEnv, key: UploadKey): string | undefined {
  try {
    const object = readObject(stateFile(env, key));
    return object && textIn(object, 'artifact_id');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

export function saveUnfinished(env: NodeJS.ProcessEnv, key: UploadKey, artifactId: string): void {
  writeObject(stateFile(env, key), { ...key, artifact_id: artifactId });
}

/** Call this when the upload has ended. If the file cannot be deleted, it refers to a complete artifact, which is harmless. */
export function deleteUnfinished(env: NodeJS.ProcessEnv, key: UploadKey): void {
  try {
    rmSync(stateFile(env, key), { force: true });
  } catch (error) {
    if (!(error instanceof Failure) && !isSystemError(error)) throw error;
  }
}
