import { describe, expect, test } from 'vitest';
import { ApiError, createClient, UnreachableError, urlOf } from '../../lib/contract/client.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { exampleOf, routes } from './document.ts';

const ROOT = 'https://api.example.com';
const RUN = 'run_01JZX3V5N8Q2R4T6W8Y0A1B2C3';

/** A client whose requests are kept and answered with `response`. */
function client(response: () => Response, token?: string) {
  const sent: Request[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    sent.push(new Request(url, init));
    return response();
  };
  return { sent, ...createClient({ url: ROOT, fetch, ...(token !== undefined && { token }) }) };
}
const json =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });
const failure = async (call: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  if (error instanceof ApiError) return error;
  throw new Error(`An ApiError was expected, not ${String(error)}.`);
};

describe('a URL', () => {
  test.each(routes)('of %s has its path filled and its query written', (_, spec) => {
    const { params, query } = exampleOf(spec);

    const url = new URL(urlOf(ROOT, spec, { params, query }));

    expect(url.pathname).not.toMatch(/[{}]|undefined/);
    expect(url.pathname.split('/')).toHaveLength(spec.path.split('/').length);
    expect(Object.fromEntries(url.searchParams)).toEqual(query);
  });

  test('keeps a value in its place, whatever is in it', () => {
    const params = { project: '../tokens', release: 'a/b?c#d e' };

    const url = urlOf(ROOT, ROUTES.resolveRelease, { params });

    expect(url).toBe(`${ROOT}/v1/projects/..%2Ftokens/releases/a%2Fb%3Fc%23d%20e`);
  });

  test('leaves out what was not given', () => {
    const query = { project: 'hello', cursor: undefined };

    expect(urlOf(ROOT, ROUTES.listArtifacts, { query })).toBe(`${ROOT}/v1/artifacts?project=hello`);
  });
});

describe('a call', () => {
  test('sends token, body and idempotency key, and parses the answer', async () => {
    const health = client(json({ status: 'ok', version: '1', more: true }), 'stt_secret');
    const create = client(json({}, 400), 'stt_secret');

    const answer = await health.call('getHealth');
    const body = { slug: 'hello' };
    await failure(create.call('createProject', { body, idempotencyKey: 'k' }));

    const [request] = create.sent;
    expect(answer).toEqual({ status: 'ok', version: '1' });
    expect(request?.method).toBe('POST');
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      authorization: 'Bearer stt_secret',
      'content-type': 'application/json',
      'idempotency-key': 'k',
    });
    expect(await request?.json()).toEqual(body);
    expect(health.sent[0]?.headers.has('content-type')).toBe(false);
  });

  test('escapes what the server takes for bytes that are not UTF-8', async () => {
    const { call, sent } = client(json({}, 400));
    const body = { slug: 'hello', name: 'a\ufffdb' };

    await failure(call('createProject', { body }));

    const text = (await sent[0]?.text()) ?? '';
    expect(text).not.toContain('\ufffd');
    expect(JSON.parse(text)).toEqual(body);
  });

  test('without a token sends none', async () => {
    const { call, sent } = client(json({ status: 'ok', version: '1' }));

    await call('getHealth');

    expect(sent[0]?.headers.has('authorization')).toBe(false);
  });

  test('that is answered with nothing gives nothing', async () => {
    const { call } = client(() => new Response(null, { status: 204 }));

    expect(await call('deleteProject', { params: { project: 'hello' } })).toBeUndefined();
  });

  test('that is refused throws the problem document', async () => {
    const problem = {
      type: 'urn:staithe:problem:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: `There is no run '${RUN}'.`,
      remedy: 'Check the id.',
      request_id: 'r1',
    };
    const { call } = client(json(problem, 404));

    const error = await failure(call('getRun', { params: { run: RUN } }));

    expect(error.problem).toEqual(problem);
    expect(error.message).toBe(problem.detail);
  });

  test.each([
    [503, '{"message":"Service Unavailable"}', 'Try again in a moment.'],
    [502, '<html>Bad Gateway</html>', 'Try again in a moment.'],
    [404, '', 'Check the URL of the API.'],
  ])('that something in between refuses with %i throws a problem too', async (status, text, remedy) => {
    const { call } = client(() => new Response(text, { status, headers: { 'apigw-requestid': 'gw1' } }));

    const error = await failure(call('getHealth'));

    expect(error.problem).toMatchObject({ status, code: `http_${status}`, remedy, request_id: 'gw1' });
  });

  test('whose answer is not of the contract is an error, and no half of an answer', async () => {
    const { call } = client(json({ status: 'fine' }));

    await expect(call('getHealth')).rejects.toThrow();
  });

  test('that nobody answers says where it looked', async () => {
    const nobody = createClient({
      url: ROOT,
      fetch: async () => {
        throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      },
    });

    const call = nobody.call('getHealth');

    await expect(call).rejects.toThrow(UnreachableError);
    await expect(call).rejects.toThrow(/api\.example\.com: connect ECONNREFUSED/);
  });

  test('that was given up by its caller is not a failure of the server', async () => {
    const { signal, ...controller } = (() => {
      const made = new AbortController();
      return { signal: made.signal, abort: () => made.abort(new Error('enough')) };
    })();
    const patient = createClient({
      url: ROOT,
      fetch: (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    });
    const call = patient.call('getHealth', { signal });

    controller.abort();

    await expect(call).rejects.toThrow('enough');
    await expect(call).rejects.not.toThrow(UnreachableError);
  });

  test('of a download gives the redirect itself', async () => {
    const { raw } = client(() => new Response(null, { status: 302, headers: { location: 'https://s3/x' } }));

    const response = await raw('downloadArtifact', {
      params: { artifact: 'art_01JZX3V5N8Q2R4T6W8Y0A1B2C3' },
    });

    expect(response.headers.get('location')).toBe('https://s3/x');
  });
});

describe('a server without room', () => {
  const NO_TIME = { 'retry-after': '0' };
  /** Turns the first `times` requests away. */
  const busy = (status: number, times: number, headers: Record<string, string> = NO_TIME) => {
    let asked = 0;
    return client(() =>
      asked++ < times
        ? Response.json({ message: 'later' }, { status, headers })
        : Response.json({ status: 'ok', version: '1' }),
    );
  };

  test.each([429, 503])('is asked again after a %d', async (status) => {
    const { call, sent } = busy(status, 3);

    const answer = await call('getHealth');

    expect([answer, sent.length]).toEqual([{ status: 'ok', version: '1' }, 4]);
  });

  test.each([
    ['that was not let in is sent again', 429, undefined, 2],
    ['that may have been done already is not', 503, undefined, 1],
    ['that has a key is sent again', 503, 'key-1', 2],
  ])('a request that changes something and %s', async (_, status, idempotencyKey, requests) => {
    const { call, sent } = busy(status, 1);

    const body = { slug: 'hello' };
    await call('createProject', { body, ...(idempotencyKey !== undefined && { idempotencyKey }) }).catch(
      () => {},
    );

    expect(sent).toHaveLength(requests);
    expect(await Promise.all(sent.map((request) => request.json()))).toEqual(sent.map(() => body));
  });

  test('that wants to be asked much later is not waited for: the error says when', async () => {
    const { call, sent } = busy(429, 1, { 'retry-after': '900' });

    const error = await failure(call('getHealth'));

    expect([error.retryAfter, sent.length]).toEqual([900_000, 1]);
  });

  test('is no longer waited for when the call is given up', async () => {
    const { call } = busy(429, 1, { 'retry-after': '5' });

    const outcome = call('getHealth', { signal: AbortSignal.timeout(1) });

    await expect(outcome).rejects.toThrow(/timeout/);
  });
});
