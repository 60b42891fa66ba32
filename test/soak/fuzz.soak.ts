import { request } from 'node:http';
import { expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { randomFrom, SEED } from '../system/killing.ts';
import { serverProcess } from '../system/server-process.ts';
import { AMOUNT } from './amount.ts';
import { type FuzzedRequest, fuzzedRequest } from './requests.ts';

/** As it is, which fetch would not send. @returns the status; 0 when the server broke off */
function send(origin: string, { method, path, headers, body }: FuzzedRequest): Promise<number> {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    try {
      const sent = request(origin, { method, path, headers: { ...headers, ...length } }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', () => resolve(0)).end(body);
    } catch {
      resolve(400); // Node itself does not send it: a path or a header that HTTP has no characters for
    }
  });
}

it(`${AMOUNT.fuzzedRequests} requests that nobody means are each answered, and never with a 5xx (seed ${SEED})`, async () => {
  const random = randomFrom(SEED);
  await using server = await serverProcess();
  server.start();
  const { url, token } = await server.ready();
  const client = createClient({ url, token });
  await client.call('createProject', { body: { slug: 'fuzzed' } });
  const statuses = new Map<number, number>();
  const wrong: string[] = [];

  let left = AMOUNT.fuzzedRequests;
  const work = async () => {
    while (left-- > 0) {
      const fuzzed = fuzzedRequest(random, { project: 'fuzzed' }, token);
      // The token that everything is asked with stays.
      if (fuzzed.method === 'DELETE' && fuzzed.path.startsWith('/v1/tokens')) continue;
      const status = await send(url, fuzzed);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 0 || status >= 500)
        wrong.push(`${status}: ${JSON.stringify(fuzzed).replace(token, '…').slice(0, 600)}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));

  process.stdout.write(`seed ${SEED}: ${JSON.stringify(Object.fromEntries(statuses))}\n`);
  expect(wrong).toEqual([]);
  expect((await client.call('getHealth')).status).toBe('ok');
});
