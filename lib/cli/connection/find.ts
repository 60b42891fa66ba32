/** Finding the server: from a flag, the environment, the connection file of a local server, or `staithe login`. */
import { resolve } from 'node:path';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { defaultStateFolder } from '../paths/program.ts';
import { readCredentials } from './credentials.ts';
import { findConnectionFile, readConnectionFile } from './local-server.ts';
import { apiRoot, isLocal } from './url.ts';

export interface Connection {
  /** The API's root without a trailing slash. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly webhookSecret?: string | undefined;
  /** The flag or variable that specifies the URL, and so overrides a server that is running here. */
  readonly specifiedBy?: '--url' | 'STAITHE_URL' | undefined;
  /** Where the URL and the token come from, for `--verbose`. */
  readonly origin: string;
  /** Whether the server is on this machine, where `staithe start` starts it. */
  readonly local: boolean;
  /** The URL of a running local server, if it is another one: a server can move to another port. */
  readonly running?: string | undefined;
}

/** A value, or why it cannot be read: only a file that is needed may fail a command. */
interface Attempt<T> {
  readonly value?: T | undefined;
  readonly failure?: Failure;
}

function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof Failure) return { failure: error };
    throw error;
  }
}

/**
 * The connection by the documented precedence. A token that was saved for one URL is never sent to another.
 * @param state the default state folder of `staithe start`, which is looked at last
 * @throws Failure: no server is configured
 */
export function findConnection(
  urlFlag: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  workingDirectory: string = process.cwd(),
  state: () => string = () => defaultStateFolder(env),
): Connection {
  const specified = urlFlag ?? (env.STAITHE_URL || undefined);
  const local = attempt(() =>
    env.STAITHE_STATE
      ? readConnectionFile(resolve(workingDirectory, env.STAITHE_STATE))
      : findConnectionFile(workingDirectory, state()),
  );
  if (specified === undefined && local.failure !== undefined) throw local.failure;
  const login = attempt(() => readCredentials(env));
  if (specified === undefined && local.value === undefined && login.failure !== undefined)
    throw login.failure;
  const [file, saved] = [local.value, login.value];
  const specifiedBy = urlFlag !== undefined ? '--url' : specified !== undefined ? 'STAITHE_URL' : undefined;
  const url =
    specified !== undefined && specifiedBy !== undefined
      ? apiRoot(specified, specifiedBy)
      : (file?.url ?? saved?.url);
  if (url === undefined)
    throw new Failure(EXIT.usage, {
      code: 'no_server',
      detail:
        'No server is configured: none is specified, none is running on this machine, and there is no login.',
      remedy: 'Start one with `staithe start`, or log in to one with `staithe login --url <url>`.',
    });
  const urlFrom = specifiedBy ?? file?.path ?? saved?.path ?? '';
  const tokenFrom: readonly [token: string | undefined, origin: string][] = [
    [env.STAITHE_TOKEN || undefined, 'STAITHE_TOKEN'],
    [file?.url === url ? file.token : undefined, file?.path ?? ''],
    [saved?.url === url ? saved.token : undefined, saved?.path ?? ''],
  ];
  const unread = local.failure ?? login.failure;
  const [token, origin] = tokenFrom.find(([value]) => value !== undefined) ?? [
    undefined,
    unread === undefined ? 'none' : `none: ${unread.message}`,
  ];
  return {
    url,
    token,
    webhookSecret: file?.url === url ? file.webhookSecret : undefined,
    specifiedBy,
    origin: `URL from ${urlFrom}, token from ${origin}`,
    local: isLocal(url),
    running: isLocal(url) && file !== undefined && file.url !== url ? file.url : undefined,
  };
}
