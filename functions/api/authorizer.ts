/**
 * Finds out who asks. It never refuses: an unknown caller goes on as nobody, and the route answers with a problem
 * document that says why and what to do, where API Gateway could only say "Forbidden".
 */
import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { authenticate } from '../../lib/domain/token/index.ts';

const ports = { table: dynamoTable(), jobTokens: jwtJobTokens(), clock };

export async function handler(
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<{ actor: string }>> {
  const actor = await authenticate(ports, event.headers?.authorization);
  return { isAuthorized: true, context: { actor: JSON.stringify(actor) } };
}
