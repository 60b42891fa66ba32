/** Finding the server: a flag, the environment, a local server's connection file, or what `staithe login` kept. */
import { join } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { readCredentials } from './credentials.ts';
import { findConnectionFile } from './local-server.ts';
import { apiRoot, isLoopback } from './url.ts';

export interface Connection {
  /** The API's root without a trailing slash. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly webhookSecret?: string | undefined;
  /** Where the URL and the token come from, for `--verbose`. */
  readonly origin: string;
  /** Whether a server on this machine is meant, which `npm start` starts. */
  readonly local: boolean;
}

const CHECKOUT = join(import.meta.dirname, '..', '..', '..');

/**
 * The connection by the documented order. A token that was kept for one URL is never sent to another.
 * @throws Failure when nothing says where the server is
 */
export function findConnection(
  urlFlag: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  workingDirectory: string = process.cwd(),
  checkout: string = CHECKOUT,
): Connection {
  const file = findConnectionFile(workingDirectory, checkout);
  const kept = readCredentials(env);
  const named = urlFlag ?? (env.STAITHE_URL || undefined);
  const url =
    named !== undefined
      ? apiRoot(named, urlFlag === undefined ? 'STAITHE_URL' : '--url')
      : (file?.url ?? kept?.url);
  if (url === undefined)
    throw new Failure(EXIT.usage, {
      code: 'no_server',
      detail: 'There is no server to talk to: none is named, none runs here, and nobody has logged in.',
      remedy: 'Start one with `npm start`, or name one with `staithe login --url <url>`.',
    });
  const urlFrom =
    urlFlag !== undefined ? '--url' : named !== undefined ? 'STAITHE_URL' : (file?.path ?? kept?.path ?? '');
  const tokenFrom: readonly [token: string | undefined, origin: string][] = [
    [env.STAITHE_TOKEN || undefined, 'STAITHE_TOKEN'],
    [file?.url === url ? file.token : undefined, file?.path ?? ''],
    [kept?.url === url ? kept.token : undefined, kept?.path ?? ''],
  ];
  const [token, origin] = tokenFrom.find(([value]) => value !== undefined) ?? [undefined, 'nowhere'];
  return {
    url,
    token,
    webhookSecret: file?.url === url ? file.webhookSecret : undefined,
    origin: `URL from ${urlFrom}, token from ${origin}`,
    local: isLoopback(url),
  };
}
