/** Folders of the user's own, by the XDG Base Directory Specification. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { usageFailure } from './failure.ts';

const VARIABLES = {
  config: ['XDG_CONFIG_HOME', '.config'],
  state: ['XDG_STATE_HOME', '.local/state'],
  cache: ['XDG_CACHE_HOME', '.cache'],
} as const;

/**
 * Staithe's folder of a kind; it need not exist. A relative variable is to be ignored, as the specification says.
 * @throws Failure usage, when neither the environment nor the system knows a home
 */
export function userFolder(kind: keyof typeof VARIABLES, env: NodeJS.ProcessEnv): string {
  const [variable, below] = VARIABLES[kind];
  const given = env[variable];
  return join(given && isAbsolute(given) ? given : join(env.HOME || home(variable), below), 'staithe');
}

/** The system asks its list of users, in which a container's user need not stand. */
function home(variable: string): string {
  try {
    return homedir();
  } catch {
    throw usageFailure(
      'HOME is not set, and the system knows no home of this user.',
      `Set HOME or ${variable}.`,
    );
  }
}
