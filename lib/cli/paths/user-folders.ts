/** Folders of the user, by the XDG Base Directory Specification. */
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { usageFailure } from '../failure/failure.ts';

const VARIABLES = {
  config: ['XDG_CONFIG_HOME', '.config'],
  state: ['XDG_STATE_HOME', '.local/state'],
  cache: ['XDG_CACHE_HOME', '.cache'],
} as const;

/**
 * Staithe's folder of this kind, which may not exist. By the specification a relative path in the variable is ignored.
 * @throws Failure usage: no home folder
 */
export function userFolder(kind: keyof typeof VARIABLES, env: NodeJS.ProcessEnv): string {
  const [variable, subfolder] = VARIABLES[kind];
  const configured = env[variable];
  return join(
    configured && isAbsolute(configured) ? configured : join(homeFolder(variable, env), subfolder),
    'staithe',
  );
}

/** Without HOME the system uses its user database, where the user of a container may be missing. */
function homeFolder(variable: string, env: NodeJS.ProcessEnv): string {
  for (const lookUp of [() => env.HOME ?? '', homedir, () => userInfo().homedir])
    try {
      const found = lookUp();
      // An empty path would be the working directory.
      if (isAbsolute(found)) return found;
    } catch {
      // Not in the user database: try the next.
    }
  throw usageFailure(
    'HOME is not set, and the system has no home folder for this user.',
    `Set HOME or ${variable}.`,
  );
}
