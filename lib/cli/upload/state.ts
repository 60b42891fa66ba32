/** Uploads under way, kept so that the same command goes on where an earlier one was interrupted. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readObject, textIn, writeObject } from '../connection/json-file.ts';
import { Failure } from '../failure.ts';
import { isSystemError } from '../system-error.ts';
import { userFolder } from '../xdg.ts';

/** What makes an upload the same one: these bytes, to this server and project, under this name and type. */
export interface UploadKey {
  readonly sha256: string;
  readonly url: string;
  readonly project: string | undefined;
  readonly name: string;
  readonly contentType: string;
}

function stateFile(env: NodeJS.ProcessEnv, { sha256, ...where }: UploadKey): string {
  const place = createHash('sha256')
    .update(JSON.stringify(Object.entries(where).sort()))
    .digest('hex');
  return join(userFolder('state', env), 'uploads', `${sha256}-${place.slice(0, 12)}.json`);
}

/** @returns the id of the artifact whose upload was begun; a note that cannot be read is as none */
export function readUpload(env: NodeJS.ProcessEnv, key: UploadKey): string | undefined {
  try {
    const object = readObject(stateFile(env, key));
    return object && textIn(object, 'artifact_id');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

export function keepUpload(env: NodeJS.ProcessEnv, key: UploadKey, artifactId: string): void {
  writeObject(stateFile(env, key), { ...key, artifact_id: artifactId });
}

/** The upload has ended. A note that stays because its folder cannot be written leads to an artifact that is complete. */
export function forgetUpload(env: NodeJS.ProcessEnv, key: UploadKey): void {
  try {
    rmSync(stateFile(env, key), { force: true });
  } catch (error) {
    if (!(error instanceof Failure) && !isSystemError(error)) throw error;
  }
}
