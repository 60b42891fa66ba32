import * as z from 'zod';
import { Grant } from '../access/grant.ts';
import { Role } from '../access/role.ts';
import { Id } from '../id.ts';
import { ProjectRef } from '../project/schema.ts';
import { title } from '../text.ts';
import { CreateGrant, UserRef } from '../user/schema.ts';
import { Name, Timestamp } from '../values.ts';

/** Whose token it is. */
const TokenUser = z.object({ id: Id.user, name: Name });

/**
 * An API credential, of a user or of a service. The secret is shown once; only its hash is kept. The token of a user
 * without role and grants may do what the user may.
 */
export const Token = z.object({
  id: Id.token,
  name: z.string(),
  user: TokenUser.optional(),
  role: Role.optional(),
  project_id: Id.project.optional(),
  grants: z.array(Grant).optional(),
  created_at: Timestamp,
  expires_at: Timestamp.optional(),
  created_by: z.string(),
});
export type Token = z.infer<typeof Token>;

/** 20: more places than one service has; a person has roles of their own. */
const MAX_GRANTS = 20;

export const CreateToken = z
  .strictObject({
    name: title(100).default('unnamed'),
    /** In the project, or in the installation as a whole without one. */
    role: Role.optional(),
    /** Binds the token to one project. */
    project: ProjectRef.optional(),
    /** Roles in several projects or environments. */
    grants: z.array(CreateGrant).min(1).max(MAX_GRANTS).optional(),
    /** The person who has it; without one it is a service's. */
    user: UserRef.optional(),
    /** Days until it stops working; never when absent. */
    expires_in_days: z.int().min(1).max(3650).optional(),
  })
  .superRefine(({ role, grants, project, user }, context) => {
    const complain = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (role === undefined && grants === undefined && user === undefined)
      complain('role', 'is missing: only a token with grants or of a user needs none');
    if (grants !== undefined && project !== undefined)
      complain('project', 'cannot be combined with grants, which name their projects');
  })
  .meta({ examples: [{ name: 'ci', role: 'developer', project: 'hello', expires_in_days: 90 }] });
export type CreateToken = z.infer<typeof CreateToken>;

export const TokenWithSecret = Token.extend({ secret: z.string() });
export type TokenWithSecret = z.infer<typeof TokenWithSecret>;

/** Who a token acts as, and what it may do at the moment. */
export const WhoAmI = z.object({
  token_id: Id.token,
  /** The name of the token. */
  name: z.string(),
  kind: z.enum(['user', 'service']),
  user: TokenUser.optional(),
  /** In the project that the token is bound to, or in the installation as a whole. */
  role: Role.optional(),
  project_id: Id.project.optional(),
  /** Where it has a higher role than that. */
  grants: z.array(Grant),
});
export type WhoAmI = z.infer<typeof WhoAmI>;
