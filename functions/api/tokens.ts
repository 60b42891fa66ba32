import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { TOKEN_ROUTES } from '../../lib/contract/routes/tokens.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), clock, randomness };

export const handler = serve(
  'tokens',
  TOKEN_ROUTES,
  {
    createToken: ({ actor, body, seed }) => Token.create(ports, actor, body, seed),
    listTokens: ({ actor, query }) => Token.list(ports, actor, query),
    deleteToken: async ({ actor, params }) => {
      await Token.revoke(ports, actor, params.token);
      return undefined;
    },
    whoAmI: async ({ actor }) => {
      if (actor.kind !== 'token') throw new StaitheError('unauthenticated', 'No API token was sent.');
      return { ...actor, role: actor.role ?? 'viewer' };
    },
  },
  ports,
);
