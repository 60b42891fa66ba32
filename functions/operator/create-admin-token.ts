/**
 * Creates a token for whoever may invoke this function: the way to the first one, guarded by IAM alone. With a `holder`,
 * the token takes the place of the one that the holder had.
 */
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { record } from '../../lib/domain/audit/record.ts';
import { INSTALLATION } from '../../lib/domain/audit/schema.ts';
import { subjectOf } from '../../lib/domain/audit/subject.ts';
import { idFrom } from '../../lib/domain/id.ts';
import { CreateHeldToken, replace } from '../../lib/domain/token/held.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken, type TokenWithSecret } from '../../lib/domain/token/schema.ts';

const ports = { table: dynamoTable(), clock, randomness };
const OPERATOR = { kind: 'system', name: 'operator' } as const;

export async function handler(event: unknown): Promise<TokenWithSecret> {
  const asked = { role: 'admin', name: 'operator', ...(typeof event === 'object' && event) };
  const token =
    'holder' in asked
      ? await replace(ports, OPERATOR, CreateHeldToken.parse(asked))
      : await Token.create(ports, OPERATOR, CreateToken.parse(asked));
  const now = clock.now();
  await record(ports, token.project_id ?? INSTALLATION, {
    id: idFrom('entry', randomness.ulid(now.getTime())),
    at: now.toISOString(),
    action: 'createToken',
    actor: OPERATOR,
    ...subjectOf(token),
  });
  return token;
}
