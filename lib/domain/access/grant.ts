/** Permissions of a user or a token: a role everywhere, and roles in projects and environments. Pure. */
import * as z from 'zod';
import { Id } from '../id.ts';
import { Name } from '../values.ts';
import { highest, Role } from './role.ts';

/** A role in one project, or in one environment of it. */
export const Grant = z.object({
  /** What decides: a grant in a deleted project is void, also when another project takes its slug. */
  project_id: Id.project,
  /** The slug, which never changes, for people. */
  project: Name,
  environment: Name.optional(),
  role: Role,
});
export type Grant = z.infer<typeof Grant>;

/** Where a role is needed: in the installation as a whole, in a project, in an environment of it. */
export interface Scope {
  readonly project_id?: string | undefined;
  readonly environment?: string | undefined;
}

export interface Permissions {
  /** In all projects, and in what is of none. */
  readonly role?: Role | undefined;
  readonly grants?: readonly Grant[] | undefined;
}

/**
 * The role that these permissions have in a scope: the highest of those that hold there. A role in an environment is one
 * in that environment, and lets its holder view the project.
 */
export function heldIn({ role, grants = [] }: Permissions, scope: Scope): Role | undefined {
  const here = grants.filter(({ project_id: project }) => project === scope.project_id);
  return highest([
    role,
    ...here.map((grant) =>
      grant.environment === undefined || grant.environment === scope.environment ? grant.role : 'viewer',
    ),
  ]);
}
