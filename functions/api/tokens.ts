import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { TOKEN_ROUTES } from '../../lib/contract/routes/tokens.ts';
import { USER_ROUTES } from '../../lib/contract/routes/users.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { grant, revokeGrant } from '../../lib/domain/user/grants.ts';
import * as User from '../../lib/domain/user/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), clock, randomness };

export const handler = serve(
  'tokens',
  { ...TOKEN_ROUTES, ...USER_ROUTES },
  {
    createToken: ({ actor, body, seed }) => Token.create(ports, actor, body, seed),
    listTokens: ({ actor, query }) => Token.list(ports, actor, query),
    deleteToken: ({ actor, params }) => Token.revoke(ports, actor, params.token),
    createUser: ({ actor, body, seed }) => User.create(ports, actor, body, seed),
    listUsers: ({ query }) => User.list(ports, query),
    getUser: ({ params }) => User.get(ports, params.user),
    updateUser: ({ actor, params, body }) => User.update(ports, actor, params.user, body),
    grantRole: ({ actor, params, body }) => grant(ports, actor, params.user, body),
    revokeRole: ({ actor, params, query }) => revokeGrant(ports, actor, params.user, query),
    whoAmI: async ({ actor }) => {
      if (actor.kind !== 'token') throw new StaitheError('unauthenticated', 'No API token was sent.');
      return Token.whoAmI(actor);
    },
  },
  ports,
);
