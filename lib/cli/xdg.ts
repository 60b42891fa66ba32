/** Folders of the user's own, by the XDG Base Directory Specification. */
import { homedir, userInfo } from 'node:os';
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
  return join(given && isAbsolute(given) ? given : join(home(variable, env), below), 'staithe');
}

/** Without a usable HOME the system asks its list of users, in which a container's user need not stand. */
function home(variable: string, env: NodeJS.ProcessEnv): string {
  for (const ask of [() => env.HOME ?? '', homedir, () => userInfo().homedir])
    try {
      const found = ask();
      // An empty one would be the working directory.
      if (isAbsolute(found)) return found;
    } catch {
      // Nobody of the list of users: the next one may know.
    }
  throw usageFailure(
    'HOME is not set, and the system knows no home of this user.',
    `Set HOME or ${variable}.`,
  );
}
