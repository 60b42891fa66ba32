import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PetsApi, readJson, startPetsApi } from './pets-api.ts';

let api: PetsApi;
beforeAll(async () => {
  api = await startPetsApi();
});
afterAll(() => api.running.close());

describe('a Lambda authorizer', () => {
  test.each([
    ['no identity', {}, 401, 'Unauthorized'],
    ['a refusal', { authorization: 'bad' }, 403, 'Forbidden'],
    ['a failure', { authorization: 'broken' }, 500, 'Internal Server Error'],
    ['an answer of the wrong shape', { authorization: 'odd' }, 500, 'Internal Server Error'],
  ])('with %s lets nobody in', async (_what, headers, status, message) => {
    const response = await api.get('/guarded/x', headers as Record<string, string>);

    expect([response.status, await response.json()]).toEqual([status, { message }]);
  });

  test('that allows gives its context to the function, and is asked once for an identity', async () => {
    const first = await api.json('/guarded/x?q=1', { authorization: 'good' });
    const second = await api.json('/guarded/y', { authorization: 'good' });

    const { lambda } = first.requestContext.authorizer;
    expect(lambda).toMatchObject({
      user: 'ann',
      type: 'REQUEST',
      identity: ['good'],
      routeArn: expect.stringMatching(
        /^arn:aws:execute-api:us-east-1:000000000000:\w{10}\/\$default\/GET\/guarded\/x$/,
      ),
    });
    expect(second.requestContext.authorizer.lambda).toEqual(lambda);
  });

  test('may answer with an IAM policy, in which Deny wins', async () => {
    const [allowed, denied] = [await api.get('/policy'), await api.get('/policy', { 'x-deny': '1' })];

    expect((await readJson(allowed)).requestContext.authorizer).toEqual({ lambda: { by: 'policy' } });
    expect(denied.status).toBe(403);
  });
});
