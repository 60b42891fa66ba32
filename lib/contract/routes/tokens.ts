import { Id } from '../../domain/id.ts';
import { CreateToken, Token, TokenWithSecret, WhoAmI } from '../../domain/token/schema.ts';
import { PAGING, page, route } from '../route.ts';

/** Tokens, and whose one is. */
export const TOKEN_ROUTES = {
  createToken: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/tokens',
    group: 'tokens',
    access: 'admin',
    summary: 'Create a token',
    body: CreateToken,
    success: {
      status: 201,
      body: TokenWithSecret,
      description: 'The token with its secret, which is shown only once',
    },
    errors: ['not_found', 'wrong_state'],
  }),
  listTokens: route({
    method: 'GET',
    path: '/v1/tokens',
    group: 'tokens',
    access: 'admin',
    summary: 'List tokens',
    query: PAGING,
    success: { status: 200, body: page(Token), description: 'Tokens, newest first, without their secrets' },
    errors: ['invalid_cursor'],
  }),
  deleteToken: route({
    method: 'DELETE',
    path: '/v1/tokens/{token}',
    group: 'tokens',
    access: 'admin',
    summary: 'Revoke a token',
    params: { token: Id.token },
    success: { status: 204, body: null, description: 'The token is revoked' },
  }),
  whoAmI: route({
    method: 'GET',
    path: '/v1/whoami',
    group: 'tokens',
    access: 'viewer',
    summary: 'Get who a token acts as, and its roles',
    success: { status: 200, body: WhoAmI, description: 'The user or service, and where it has which role' },
  }),
} as const;
