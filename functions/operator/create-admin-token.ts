/** Creates a token for whoever may invoke this function: the way to the first one, guarded by IAM alone. */
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken, type TokenWithSecret } from '../../lib/domain/token/schema.ts';

const ports = { table: dynamoTable(), clock, randomness };

export async function handler(event: unknown): Promise<TokenWithSecret> {
  const input = CreateToken.parse({
    role: 'admin',
    name: 'operator',
    ...(typeof event === 'object' && event),
  });
  return Token.create(ports, { kind: 'system', name: 'operator' }, input);
}
