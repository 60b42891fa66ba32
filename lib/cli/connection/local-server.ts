/** The connection file that a local server writes: `.staithe/connection.json`. */
import { dirname, join } from 'node:path';
import { usageFailure } from '../failure.ts';
import { readObject, textIn } from './json-file.ts';
import { isLoopback } from './url.ts';

interface LocalServer {
  readonly path: string;
  readonly url: string;
  readonly token?: string | undefined;
  readonly webhookSecret?: string | undefined;
}

/** @param state the folder where a local server keeps everything */
function read(state: string): LocalServer | undefined {
  const path = join(state, 'connection.json');
  const object = readObject(path);
  if (object === undefined) return undefined;
  const url = textIn(object, 'url');
  // Such a file may lie in any tree that somebody unpacked: it must not send tokens and sources to another machine.
  if (url === undefined || !URL.canParse(url) || !isLoopback(url))
    throw usageFailure(
      `${path} does not name a server on this machine.`,
      'Remove it; another server is named by STAITHE_URL or `staithe login`.',
    );
  return {
    path,
    url: url.replace(/\/+$/, ''),
    token: textIn(object, 'token'),
    webhookSecret: textIn(object, 'webhook_secret'),
  };
}

/** The server whose state a user has named. @throws Failure usage (no file there, or a broken one) */
export function readConnectionFile(state: string): LocalServer {
  const found = read(state);
  if (found !== undefined) return found;
  throw usageFailure(
    `STAITHE_STATE is '${state}', and no server runs with its state there.`,
    'Start one with `staithe start --state <folder>`, or unset STAITHE_STATE.',
  );
}

/** Looks in a folder and its parents, then in `state`. @throws Failure usage (a broken file) */
export function findConnectionFile(from: string, state: string): LocalServer | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = read(join(folder, '.staithe'));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return read(state);
  }
}
