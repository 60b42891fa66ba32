/**
 * Creates a token for whoever may invoke this function: the way to the first one, guarded by IAM alone. With a `holder`,
 * the token takes the place of the one that the holder had.
 */
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { recording } from '../../lib/domain/audit/record.ts';
import { INSTALLATION } from '../../lib/domain/audit/schema.ts';
import { subjectOf } from '../../lib/domain/audit/subject.ts';
import { idFrom } from '../../lib/domain/id.ts';
import type { Write } from '../../lib/domain/ports/table.ts';
import { CreateHeldToken, replace } from '../../lib/domain/token/held.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken, type Token as Issued, type TokenWithSecret } from '../../lib/domain/token/schema.ts';

const ports = { table: dynamoTable(), clock, randomness };
const OPERATOR = { kind: 'system', name: 'operator' } as const;

export async function handler(event: unknown): Promise<TokenWithSecret> {
  const asked = { role: 'admin', name: 'operator', ...(typeof event === 'object' && event) };
  return 'holder' in asked
    ? replace(ports, OPERATOR, CreateHeldToken.parse(asked), entryOf)
    : Token.create(ports, OPERATOR, CreateToken.parse(asked), undefined, entryOf);
}

/** In the transaction of the token itself: there is none without its entry. */
function entryOf(token: Issued): Write[] {
  const now = clock.now();
  const entry = {
    id: idFrom('entry', randomness.ulid(now.getTime())),
    at: now.toISOString(),
    action: 'createToken',
    actor: OPERATOR,
    ...subjectOf(token),
  };
  return [recording(token.project_id ?? INSTALLATION, entry)];
}
