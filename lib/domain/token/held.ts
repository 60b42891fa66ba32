/**
 * Tokens of which somebody has one at a time: the next one takes the place of the one before, in one transaction. So
 * whoever makes one and dies before it is written down anywhere leaves nothing behind: the next start replaces it.
 */
import * as z from 'zod';
import type { Actor } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { buildToken } from './issue.ts';
import { tokens } from './record.ts';
import { CreateToken, type Token, type TokenWithSecret } from './schema.ts';

/** A token for somebody by name, such as `local`: the operator of a local installation. */
export const CreateHeldToken = CreateToken.safeExtend({
  holder: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -'),
});
export type CreateHeldToken = z.infer<typeof CreateHeldToken>;

const HolderRecord = z.object({ token_id: Id.token, revision: z.int() });

/** Two that replace the same token at once: the second finds the first one's. */
const TRIES = 5;

/**
 * Gives the holder a new token and revokes the one before.
 * @param beside what is written in the same transaction
 * @throws StaitheError not_found | role_too_low | busy
 */
export async function replace(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  { holder, ...input }: CreateHeldToken,
  beside: (token: Token) => readonly Write[] = () => [],
): Promise<TokenWithSecret> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const { token, secret } = await buildToken(ports, actor, input);
    const key = Keys.holder(holder);
    const item = await ports.table.get(key);
    const before = item && HolderRecord.parse(item);
    const writes: Write[] = [
      {
        put: {
          ...key,
          entity: 'holder',
          revision: (before?.revision ?? 0) + 1,
          token_id: token.id,
        },
        when: before === undefined ? { absent: true } : { revision: before.revision },
      },
      tokens.creation({ ...token, holder }),
      ...beside(token),
    ];
    if (before !== undefined) writes.push({ remove: Keys.token(before.token_id), when: { any: true } });
    try {
      await ports.table.transact(writes);
      return { ...token, secret };
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
  throw new StaitheError('busy', `The token of '${holder}' was replaced by others ${TRIES} times in a row.`);
}
