import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PetsApi, readJson, startPetsApi } from './pets-api.ts';

let api: PetsApi;
beforeAll(async () => {
  api = await startPetsApi();
});
afterAll(() => api.running.close());

describe('payload format 2.0', () => {
  test('describes the request', async () => {
    const headers: [string, string][] = [
      ['Host', 'api.example'],
      ['X-Many', 'a'],
      ['x-many', 'b'],
      ['Cookie', 'c=1; d=2'],
      ['User-Agent', 'test/1'],
      ['Content-Type', 'application/json'],
      ['Content-Length', '7'],
    ];

    const event = JSON.parse(
      await api.raw('/pets/caf%C3%A9%20bar?x=1&x=2&y=a%20b&empty=', headers, Buffer.from('{"a":1}')),
    );

    const { port } = new URL(api.base);
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'ANY /pets/{proxy+}',
      rawPath: '/pets/café bar',
      rawQueryString: 'x=1&x=2&y=a%20b&empty=',
      cookies: ['c=1', 'd=2'],
      headers: {
        host: 'api.example',
        'x-many': 'a,b',
        'user-agent': 'test/1',
        'content-type': 'application/json',
        'content-length': '7',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': port,
        'x-forwarded-proto': 'http',
      },
      queryStringParameters: { x: '1,2', y: 'a b', empty: '' },
      pathParameters: { proxy: 'café bar' },
      requestContext: {
        accountId: '000000000000',
        apiId: api.running.cloud.resource('Api').ref,
        domainName: `127.0.0.1:${port}`,
        domainPrefix: api.running.cloud.resource('Api').ref,
        http: {
          method: 'POST',
          path: '/pets/café bar',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        requestId: expect.stringMatching(/^[\w+/]{15}=$/),
        routeKey: 'ANY /pets/{proxy+}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"a":1}',
      isBase64Encoded: false,
    });
  });

  test.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['text/csv', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['application/octet-stream', true],
    ['application/x-www-form-urlencoded', true],
    ['multipart/form-data; boundary=x', true],
    ['application/vnd.api+json', true],
    [undefined, true],
  ])('carries a body of type %s in base64: %s', async (type, base64) => {
    const headers: [string, string][] = [
      ['Host', 'x'],
      ...(type ? [['Content-Type', type] as [string, string]] : []),
    ];

    const event = JSON.parse(await api.raw('/pets/dogs', headers, Buffer.from('a=ü')));

    expect(event.isBase64Encoded).toBe(base64);
    expect(Buffer.from(event.body, base64 ? 'base64' : 'utf8').toString()).toBe('a=ü');
  });

  test('leaves out what a request does not have', async () => {
    const event = await api.json('/pets/dogs');

    for (const name of ['body', 'cookies', 'queryStringParameters', 'pathParameters', 'stageVariables'])
      expect(event).not.toHaveProperty(name);
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  });

  test('of a named stage has its name in the path, and its variables', async () => {
    expect(await api.json('/dev/pets/dogs')).toMatchObject({
      rawPath: '/dev/pets/dogs',
      stageVariables: { color: 'blue' },
      requestContext: { stage: 'dev', routeKey: 'GET /pets/dogs' },
    });
  });
});

describe('routing', () => {
  test.each([
    ['GET', '/pets/dogs', 'GET /pets/dogs'],
    ['POST', '/pets/dogs', 'POST /pets/dogs'],
    ['PUT', '/pets/dogs', 'ANY /pets/dogs'],
    ['GET', '/pets/7', 'GET /pets/{id}'],
    ['DELETE', '/pets/7', 'ANY /pets/{proxy+}'],
    ['GET', '/pets/a/b', 'ANY /pets/{proxy+}'],
  ])('%s %s takes %s', async (method, path, routeKey) => {
    const response = await fetch(api.base + path, { method });

    expect((await readJson(response)).routeKey).toBe(routeKey);
  });

  test.each(['/', '/pets', '/pets/', '/other'])('%s has no route', async (path) => {
    const response = await api.get(path);

    expect(response.status).toBe(404);
    expect(response.headers.get('apigw-requestid')).toMatch(/=$/);
    expect(await response.json()).toEqual({ message: 'Not Found' });
  });
});

test('a request body beyond 10 MB is refused', async () => {
  const response = await fetch(`${api.base}/pets/dogs`, { method: 'POST', body: Buffer.alloc(10_485_761) });

  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});

test('a body that API Gateway takes and Lambda does not is refused as too large', async () => {
  const response = await fetch(`${api.base}/pets/dogs`, { method: 'POST', body: Buffer.alloc(5_000_000) });

  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});

test('request line and headers beyond 10,240 bytes are refused', async () => {
  const ask = (bytes: number) =>
    fetch(`${api.base}/pets/dogs`, { method: 'POST', headers: { 'x-long': 'x'.repeat(bytes) } });

  const answers = [await ask(9_000), await ask(10_240), await ask(40_000)];

  expect(answers.map(({ status }) => status)).toEqual([200, 431, 431]);
});

test('names that every object has are names of headers and parameters like others', async () => {
  const response = await fetch(`${api.base}/pets/dogs?__proto__=1&constructor=2&constructor=3`, {
    headers: { constructor: 'b' },
  });

  const event = await response.text();
  for (const part of ['"__proto__":"1"', '"constructor":"2,3"', '"constructor":"b"'])
    expect(event).toContain(part);
});
