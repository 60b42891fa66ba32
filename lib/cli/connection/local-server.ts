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

function read(folder: string): LocalServer | undefined {
  const path = join(folder, '.staithe', 'connection.json');
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

/** Looks in a folder and its parents, then in the checkout of this program. @throws Failure usage (a broken file) */
export function findConnectionFile(from: string, checkout: string): LocalServer | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = read(folder);
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return read(checkout);
  }
}
