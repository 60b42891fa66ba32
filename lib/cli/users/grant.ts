/** Roles in projects and environments, as people write and read them. */
import type { User } from '../api/resources.ts';
import { usageFailure } from '../failure/failure.ts';

type Grant = User['grants'][number];
type Role = Grant['role'];

export const ROLE_NAMES = ['viewer', 'developer', 'deployer', 'admin'] as const satisfies readonly Role[];

/** `deployer of hello/test` */
export function grantText({ role, project, environment }: Grant): string {
  return `${role} of ${project}${environment === undefined ? '' : `/${environment}`}`;
}

/**
 * Of `--grant hello/test=deployer`.
 * @throws Failure usage
 */
export function readGrant(word: string): { project: string; environment?: string; role: Role } {
  const [, project = '', environment, name] = /^([^/=]+)(?:\/([^/=]+))?=(.+)$/.exec(word) ?? [];
  const role = ROLE_NAMES.find((each) => each === name);
  if (role === undefined)
    throw usageFailure(
      `--grant ${word}: expected <project>=<role> or <project>/<environment>=<role>.`,
      `Roles are ${ROLE_NAMES.join(', ')}, such as --grant hello/test=deployer.`,
    );
  return { project, role, ...(environment !== undefined && { environment }) };
}
