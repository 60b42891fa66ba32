/** Finding the server: a flag, the environment, a local server's connection file, or what `staithe login` kept. */
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { defaultState } from '../installation/program.ts';
import { readCredentials } from './credentials.ts';
import { findConnectionFile, readConnectionFile } from './local-server.ts';
import { apiRoot, isLoopback } from './url.ts';

export interface Connection {
  /** The API's root without a trailing slash. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly webhookSecret?: string | undefined;
  /** Whether a flag or the environment names the URL, and so hides a server that runs here. */
  readonly namedBy?: '--url' | 'STAITHE_URL' | undefined;
  /** Where the URL and the token come from, for `--verbose`. */
  readonly origin: string;
  /** Whether a server on this machine is meant, which `staithe start` starts. */
  readonly local: boolean;
  /** Another URL, at which a local server was started, by its connection file: a server may have moved to another port. */
  readonly running?: string | undefined;
}

/** What is read, or why it cannot be: only a file that is needed may stop a command. */
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
 * The connection by the documented order. A token that was kept for one URL is never sent to another.
 * @param state where `staithe start` keeps its server, which is looked at last
 * @throws Failure when nothing says where the server is
 */
export function findConnection(
  urlFlag: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  workingDirectory: string = process.cwd(),
  state: () => string = () => defaultState(env),
): Connection {
  const named = urlFlag ?? (env.STAITHE_URL || undefined);
  const local = attempt(() =>
    env.STAITHE_STATE
      ? readConnectionFile(resolve(workingDirectory, env.STAITHE_STATE))
      : findConnectionFile(workingDirectory, state()),
  );
  if (named === undefined && local.failure !== undefined) throw local.failure;
  const login = attempt(() => readCredentials(env));
  if (named === undefined && local.value === undefined && login.failure !== undefined) throw login.failure;
  const [file, kept] = [local.value, login.value];
  const namedBy = urlFlag !== undefined ? '--url' : named !== undefined ? 'STAITHE_URL' : undefined;
  const url =
    named !== undefined && namedBy !== undefined ? apiRoot(named, namedBy) : (file?.url ?? kept?.url);
  if (url === undefined)
    throw new Failure(EXIT.usage, {
      code: 'no_server',
      detail: 'No server is known: none is named, none runs here, and there is no login.',
      remedy: 'Start one with `staithe start`, or name one with `staithe login --url <url>`.',
    });
  const urlFrom = namedBy ?? file?.path ?? kept?.path ?? '';
  const tokenFrom: readonly [token: string | undefined, origin: string][] = [
    [env.STAITHE_TOKEN || undefined, 'STAITHE_TOKEN'],
    [file?.url === url ? file.token : undefined, file?.path ?? ''],
    [kept?.url === url ? kept.token : undefined, kept?.path ?? ''],
  ];
  const unread = local.failure ?? login.failure;
  const [token, origin] = tokenFrom.find(([value]) => value !== undefined) ?? [
    undefined,
    unread === undefined ? 'nowhere' : `nowhere: ${unread.message}`,
  ];
  return {
    url,
    token,
    webhookSecret: file?.url === url ? file.webhookSecret : undefined,
    namedBy,
    origin: `URL from ${urlFrom}, token from ${origin}`,
    local: isLoopback(url),
    running: isLoopback(url) && file !== undefined && file.url !== url ? file.url : undefined,
  };
}
