import * as z from 'zod';
import { Grant } from '../access/grant.ts';
import { ROLES, Role } from '../access/role.ts';
import { Id } from '../id.ts';
import { ProjectRef } from '../project/schema.ts';
import { title } from '../text.ts';
import { Name, Timestamp } from '../values.ts';

export const USER_STATUSES = ['active', 'disabled'] as const;

/** A person. Never deleted, as what they did names them; a disabled user's tokens are refused. */
export const User = z.object({
  id: Id.user,
  /** The handle: unique, and never changes. */
  name: Name,
  email: z.string().optional(),
  display_name: z.string().optional(),
  status: z.enum(USER_STATUSES),
  /** In the installation as a whole. */
  role: Role.optional(),
  /** In projects and environments. */
  grants: z.array(Grant),
  created_at: Timestamp,
  updated_at: Timestamp,
  created_by: z.string(),
  disabled_at: Timestamp.optional(),
  disabled_by: z.string().optional(),
});
export type User = z.infer<typeof User>;

/** 254: the longest address that SMTP transports (RFC 5321, section 4.5.3.1.3, and its erratum 1690). */
const Email = z
  .email()
  .max(254)
  .meta({ examples: ['alice@example.com'] });
const roles: readonly string[] = ROLES;
/** Where a role or a user is named, as in lists of approvers, a role's name means the role. */
const handle = Name.refine(
  (name) => !roles.includes(name),
  `must not be the name of a role (${ROLES.join(', ')})`,
).meta({ examples: ['alice'] });
const displayName = title(200).meta({ examples: ['Alice Liddell'] });

export const CreateUser = z.strictObject({
  name: handle,
  email: Email.optional(),
  display_name: displayName.optional(),
  role: Role.optional(),
});
export type CreateUser = z.infer<typeof CreateUser>;

/** What may change; `null` removes it. */
export const UpdateUser = z.strictObject({
  email: Email.nullable().optional(),
  display_name: displayName.nullable().optional(),
  role: Role.nullable().optional(),
  status: z.enum(USER_STATUSES).optional(),
});
export type UpdateUser = z.infer<typeof UpdateUser>;

/** A user in a path: the handle or the id. */
export const UserRef = z.union([Id.user, Name]).meta({ examples: ['alice'] });

/** Of a single environment, only these have anything to do there: everything else is of its project. */
const OF_ENVIRONMENT: readonly Role[] = ['deployer', 'admin'];

export const CreateGrant = z
  .strictObject({
    project: ProjectRef,
    environment: Name.meta({ examples: ['test'] }).optional(),
    role: Role,
  })
  .refine(({ environment, role }) => environment === undefined || OF_ENVIRONMENT.includes(role), {
    path: ['role'],
    message: 'must be deployer or admin in an environment; grant other roles in the project',
  })
  .meta({ examples: [{ project: 'hello', environment: 'test', role: 'deployer' }] });
export type CreateGrant = z.infer<typeof CreateGrant>;
