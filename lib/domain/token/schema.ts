import * as z from 'zod';
import { Role } from '../access/role.ts';
import { Id } from '../id.ts';
import { ProjectRef } from '../project/schema.ts';
import { title } from '../text.ts';
import { Timestamp } from '../values.ts';

/** An API credential. The secret is shown once; only its hash is kept. */
export const Token = z.object({
  id: Id.token,
  name: z.string(),
  role: Role,
  project_id: Id.project.optional(),
  created_at: Timestamp,
  expires_at: Timestamp.optional(),
  created_by: z.string(),
});
export type Token = z.infer<typeof Token>;

export const CreateToken = z.strictObject({
  name: title(100).default('unnamed'),
  role: Role,
  /** Binds the token to one project. */
  project: ProjectRef.optional(),
  /** Days until it stops working; never when absent. */
  expires_in_days: z.int().min(1).max(3650).optional(),
});
export type CreateToken = z.infer<typeof CreateToken>;

export const TokenWithSecret = Token.extend({ secret: z.string() });
export type TokenWithSecret = z.infer<typeof TokenWithSecret>;

export const WhoAmI = z.object({
  token_id: Id.token,
  role: Role,
  project_id: Id.project.optional(),
});
export type WhoAmI = z.infer<typeof WhoAmI>;
