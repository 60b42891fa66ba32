/** `Idempotency-Key` on mutating routes: see `lib/domain/idempotency.ts` for what it promises. */
import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { StaitheError } from '../domain/error.ts';
import * as Idempotency from '../domain/idempotency.ts';
import type { Ports } from '../domain/ports/index.ts';

/** What UUIDs, ULIDs and hashes fit into, and no log injection. */
const KEY = /^[\x21-\x7e]{1,255}$/;

const replayed = ({ status, body }: Idempotency.Answer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { 'content-type': 'application/json', 'idempotency-replayed': 'true' },
  body,
});

const hashOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/**
 * @param request.permissions the role is checked where the handler looks things up, which a kept answer skips: so one
 *   that was kept under other permissions is not sent again, and the handler runs on the same ids
 * @param request.bytes what must be the same in a repeat; undefined for a secret, which would be guessed from its hash:
 *   whoever keeps it (Secrets Manager, by the seed) refuses another value itself
 * @param answer runs the request with the seed of its ids
 * @throws StaitheError validation_failed | idempotency_key_reused
 */
export async function answerOnce(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  request: {
    scope: string;
    key: string;
    permissions: string;
    bytes: Uint8Array | undefined;
    keepAnswer: boolean;
  },
  answer: (seed: string) => Promise<APIGatewayProxyStructuredResultV2>,
): Promise<APIGatewayProxyStructuredResultV2> {
  if (!KEY.test(request.key))
    throw new StaitheError(
      'validation_failed',
      'The Idempotency-Key must be 1 to 255 printable characters without spaces.',
      {
        fields: [
          {
            field: 'header.idempotency-key',
            message: 'must be 1 to 255 printable characters without spaces',
          },
        ],
      },
    );
  const identity = {
    ...request,
    requestHash: hashOf(request.bytes ?? ''),
    permissionsHash: hashOf(request.permissions),
  };
  const { seed, answer: kept } = await Idempotency.begin(ports, identity);
  if (kept !== undefined) return replayed(kept);
  let fresh: APIGatewayProxyStructuredResultV2;
  try {
    fresh = await answer(seed);
  } catch (error) {
    // The same request, sent at the same time, may have done meanwhile what there is no more of for this one.
    const { answer: other } = await Idempotency.begin(ports, identity);
    if (other === undefined) throw error;
    return replayed(other);
  }
  if (request.keepAnswer)
    await Idempotency.complete(ports, identity, seed, {
      status: fresh.statusCode ?? 200,
      body: fresh.body ?? '',
    });
  return fresh;
}
