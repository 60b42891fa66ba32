/** What `staithe login` keeps: one server and its token, readable by the user alone. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { userFolder } from '../xdg.ts';
import { readObject, textIn, writeObject } from './json-file.ts';

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
