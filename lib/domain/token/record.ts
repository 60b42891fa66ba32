import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Token } from './schema.ts';

/** A token as it is kept: the sha256 of its secret, never the secret. 256 random bits need no slow hash. */
const TokenRecord = Token.extend({
  secret_hash: z.string(),
  /** Who has it, where one token follows another for the same holder; else it stands for itself. */
  holder: z.string().optional(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** The projects that a token is limited to; `all` when it is limited to none. */
export function projectsOf({ project_id: bound, role, grants }: Token): 'all' | string[] {
  if (bound !== undefined) return [bound];
  if (role !== undefined || grants === undefined) return 'all';
  return [...new Set(grants.map(({ project_id: id }) => id))];
}

/** The one project that the token is limited to: its admins manage it, and it is removed with it. */
function singleProject(token: Token): string | undefined {
  const projects = projectsOf(token);
  return projects !== 'all' && projects.length === 1 ? projects[0] : undefined;
}

export const tokens = collection({
  kind: 'token',
  schema: TokenRecord,
  key: (token) => Keys.token(token.id),
  index: (token) => ({ gsi1pk: Partitions.tokens, gsi1sk: token.id }),
  // Those of a project are a list of their own: whoever may see only these never goes past others.
  second: (token) => {
    const project = singleProject(token);
    return project === undefined ? undefined : { gsi2pk: Partitions.tokensOf(project), gsi2sk: token.id };
  },
  // The table forgets an expired token by itself; until it has, `expires_at` refuses it.
  ttl: (token) =>
    token.expires_at === undefined ? undefined : Math.ceil(Date.parse(token.expires_at) / 1000),
});
