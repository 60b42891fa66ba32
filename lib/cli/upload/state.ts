/** Uploads under way, kept so that the same command goes on where an earlier one was interrupted. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { readObject, textIn } from '../connection/json-file.ts';

/** What makes an upload the same one: these bytes, to this server and project, under this name and type. */
export interface UploadKey {
  readonly sha256: string;
  readonly url: string;
  readonly project: string | undefined;
  readonly name: string;
  readonly contentType: string;
}

/** XDG Base Directory Specification: state goes to $XDG_STATE_HOME; a relative one is to be ignored. */
function stateFile(env: NodeJS.ProcessEnv, { sha256, ...where }: UploadKey): string {
  const given = env.XDG_STATE_HOME;
  const folder = given && isAbsolute(given) ? given : join(env.HOME || homedir(), '.local', 'state');
  const place = createHash('sha256')
    .update(JSON.stringify(Object.entries(where).sort()))
    .digest('hex');
  return join(folder, 'staithe', 'uploads', `${sha256}-${place.slice(0, 12)}.json`);
}

/** @returns the id of the artifact whose upload was begun */
export function readUpload(env: NodeJS.ProcessEnv, key: UploadKey): string | undefined {
  const object = readObject(stateFile(env, key));
  return object && textIn(object, 'artifact_id');
}

/** Writes beside and renames, so that a crash leaves no half of it. */
export function keepUpload(env: NodeJS.ProcessEnv, key: UploadKey, artifactId: string): void {
  const path = stateFile(env, key);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify({ ...key, artifact_id: artifactId }, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}

export function forgetUpload(env: NodeJS.ProcessEnv, key: UploadKey): void {
  rmSync(stateFile(env, key), { force: true });
}
