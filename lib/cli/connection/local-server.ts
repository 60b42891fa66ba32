/** The connection file that a local server writes: `.staithe/connection.json`. */
import { dirname, join } from 'node:path';
import { usageFailure } from '../failure/failure.ts';
import { readObject, textIn } from '../paths/json-file.ts';
import { isLocal } from './url.ts';

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
  // Any unpacked archive can contain such a file: it must not send tokens and sources to another machine.
  if (url === undefined || !URL.canParse(url) || !isLocal(url))
    throw usageFailure(
      `The URL in ${path} is not a server on this machine.`,
      'Delete the file. To use a server elsewhere, set STAITHE_URL or run `staithe login`.',
    );
  return {
    path,
    url: url.replace(/\/+$/, ''),
    token: textIn(object, 'token'),
    webhookSecret: textIn(object, 'webhook_secret'),
  };
}

/** The server with this state folder. @throws Failure usage: no connection file, or not a valid one */
export function readConnectionFile(state: string): LocalServer {
  const found = read(state);
  if (found !== undefined) return found;
  throw usageFailure(
    `No server is running with the state folder '${state}' (STAITHE_STATE).`,
    'Start one with `staithe start --state <folder>`, or unset STAITHE_STATE.',
  );
}

/** Looks in a folder and its parents, then in `state`. @throws Failure usage: not a valid connection file */
export function findConnectionFile(from: string, state: string): LocalServer | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = read(join(folder, '.staithe'));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return read(state);
  }
}
