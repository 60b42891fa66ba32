/** What `staithe login` keeps: one server and its token, readable by the user alone. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userFolder } from '../xdg.ts';
import { readObject, textIn } from './json-file.ts';

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

/** Writes beside and renames, so that a crash leaves the old file whole and the mode is right from the start. */
export function writeCredentials(env: NodeJS.ProcessEnv, url: string, token: string): string {
  const path = credentialsPath(env);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify({ url, token }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, path);
  return path;
}

export function removeCredentials(env: NodeJS.ProcessEnv): string {
  const path = credentialsPath(env);
  rmSync(path, { force: true });
  return path;
}
