/** The credentials of `staithe login`: one server and its token, readable only by the user. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readObject, textIn, writeObject } from '../paths/json-file.ts';
import { userFolder } from '../paths/user-folders.ts';

interface Credentials {
  readonly path: string;
  readonly url: string;
  readonly token: string;
}

const credentialsPath = (env: NodeJS.ProcessEnv): string =>
  join(userFolder('config', env), 'credentials.json');

export function readCredentials(env: NodeJS.ProcessEnv): Credentials | undefined {
  const path = credentialsPath(env);
  const object = readObject(path);
  const url = object && textIn(object, 'url');
  const token = object && textIn(object, 'token');
  return url !== undefined && token !== undefined && URL.canParse(url) ? { path, url, token } : undefined;
}

/** @returns the file */
export function writeCredentials(env: NodeJS.ProcessEnv, url: string, token: string): string {
  const path = credentialsPath(env);
  writeObject(path, { url, token });
  return path;
}

export function removeCredentials(env: NodeJS.ProcessEnv): string {
  const path = credentialsPath(env);
  rmSync(path, { force: true });
  return path;
}
