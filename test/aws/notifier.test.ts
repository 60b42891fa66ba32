/** What leaves by HTTP: signatures, and where it does not go. */
import type { LookupAddress } from 'node:dns';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { httpNotifier } from '../../lib/aws/notifier.ts';
import { type LocalServer, startLocalServer } from './local-server.ts';

const SECRETS = [`whsec_${'a'.repeat(43)}=`, `whsec_${'b'.repeat(43)}=`];
const BODY = JSON.stringify({ type: 'Run Failed', timestamp: '2026-11-21T09:30:00.000Z', data: { id: 'ü' } });

let server: LocalServer | undefined;
afterEach(() => server?.[Symbol.dispose]());

interface Received {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A receiver that answers so, and what it has received. */
async function receiver(status: number, headers: Record<string, string> = {}): Promise<Received[]> {
  const received: Received[] = [];
  server = await startLocalServer(async (request, response) => {
    const body = await buffer(request);
    const sent = request.headers as Record<string, string>;
    received.push({ url: request.url ?? '', headers: sent, body: body.toString() });
    response.writeHead(status, headers).end('x'.repeat(1000));
  });
  return received;
}

const post = (url: string, loopback = true, more = {}) =>
  httpNotifier().post({ url, body: BODY, loopback, ...more });
const urlOf = (path = '/hook') => `http://${server?.host}${path}`;

describe('a webhook', () => {
  it('is signed so that the library of Standard Webhooks verifies it, with each secret', async () => {
    const received = await receiver(204);
    const answer = await post(urlOf(), true, {
      signature: { id: 'ntf_1', at: new Date(), secrets: SECRETS },
    });

    const [request] = received;
    expect(answer).toEqual({ status: 204, retryAfterSeconds: undefined });
    for (const secret of SECRETS)
      expect(new Webhook(secret).verify(request?.body ?? '', request?.headers ?? {})).toEqual(
        JSON.parse(BODY),
      );
    const other = new Webhook(`whsec_${'c'.repeat(43)}=`);
    expect(() => other.verify(request?.body ?? '', request?.headers ?? {})).toThrow('No matching signature');
    expect(request?.headers).toMatchObject({ 'webhook-id': 'ntf_1', 'content-type': 'application/json' });
  });

  it('is not sent to where a redirect leads', async () => {
    const received = await receiver(307, { location: '/elsewhere' });
    const answer = await post(urlOf());

    expect(answer).toMatchObject({ status: 307 });
    expect(received.map(({ url }) => url)).toEqual(['/hook']);
  });

  it.each([
    ['120', 120],
    [new Date(Date.now() + 3600_000).toUTCString(), expect.closeTo(3600, -1)],
    [new Date(0).toUTCString(), 0],
    ['soon', undefined],
    ['-5', undefined],
  ])('tells that the receiver asked to wait: Retry-After %s', async (value, seconds) => {
    await receiver(503, { 'retry-after': value });

    expect(await post(urlOf())).toEqual({ status: 503, retryAfterSeconds: seconds });
  });
});

describe('no answer', () => {
  it('of a receiver that takes too long is a failure, and so is one that is not there', async () => {
    server = await startLocalServer(() => {});
    const slow = await httpNotifier({ answerMs: 50 }).post({ url: urlOf(), body: BODY, loopback: true });
    const gone = await post('http://127.0.0.1:9/secret-path');

    expect(slow).toEqual({ failure: expect.stringMatching(/gave no answer: it took longer than/) });
    expect(gone).toEqual({ failure: '127.0.0.1:9 gave no answer: ECONNREFUSED.' });
  });

  it('of one that does not speak TLS is a failure', async () => {
    await receiver(204);

    expect(await post(urlOf().replace('http:', 'https:'))).toEqual({
      failure: expect.stringContaining('gave no answer'),
    });
  });
});

describe('an address of a private network', () => {
  it('is not called, however its URL writes it', async () => {
    const received = await receiver(204);
    const port = server?.host.split(':')[1];
    const hosts = ['127.0.0.1', 'localhost', '127.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0'];
    const answers = await Promise.all(hosts.map((host) => post(`https://${host}:${port}/`, false)));

    expect(answers).toEqual(
      hosts.map(() => ({ failure: expect.stringContaining('address of the internet') })),
    );
    expect(received).toEqual([]);
  });

  it('is not called either when a name leads there: names are resolved for the very connection', async () => {
    const received = await receiver(204);
    const port = server?.host.split(':')[1];
    const answered = (...addresses: LookupAddress[]) =>
      httpNotifier({ resolve: (_, __, callback) => callback(null, addresses) }).post({
        url: `https://rebound.example:${port}/`,
        body: BODY,
        loopback: true,
      });
    const local = { address: '127.0.0.1', family: 4 };
    const metadata = { address: '::ffff:169.254.169.254', family: 6 };
    const open = { address: '93.184.215.14', family: 4 };

    for (const addresses of [[local], [metadata], [open, local], []])
      expect(await answered(...addresses)).toEqual({
        failure: `rebound.example:${port} gave no answer: it is not an address of the internet.`,
      });
    expect(received).toEqual([]);
  });

  it('other than this machine is not called where that is allowed', async () => {
    expect(await post('http://10.0.0.1/', true)).toEqual({ failure: expect.stringContaining('https://') });
    expect(await post('https://169.254.169.254/', true)).toEqual({
      failure: expect.stringContaining('address of the internet'),
    });
  });
});
