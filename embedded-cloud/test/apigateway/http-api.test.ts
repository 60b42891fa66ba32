import { request as httpRequest } from 'node:http';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { arn, inline, type Running, role, run } from '../../test-kit/running.ts';

let running: Running;
let base: string;

const echo = 'exports.handler = async (event) => event;';
const answers = `const answers = {
  plain: () => 'text', object: () => ({ a: 1 }), nothing: () => undefined,
  full: () => ({ statusCode: 201, headers: { 'X-One': 'a', 'content-type': 'text/html' }, cookies: ['a=1; HttpOnly', 'b=2'], body: '<p>' }),
  binary: () => ({ statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'AAEC/w==', isBase64Encoded: true }),
  malformed: () => ({ statusCode: 'many' }), body: () => ({ statusCode: 200, body: { not: 'text' } }),
  fails: () => { throw new Error('inside'); }, slow: () => new Promise((r) => setTimeout(r, 60_000)),
  cors: () => ({ statusCode: 200, headers: { 'access-control-allow-origin': 'https://evil.example' }, body: '' }),
};
exports.handler = async (event) => answers[event.pathParameters.kind]();`;
const authorizer = `let calls = 0;
exports.handler = async (event) => {
  calls++;
  const token = event.headers.authorization;
  if (token === 'broken') throw new Error('inside');
  if (token === 'odd') return { answer: 'yes' };
  return { isAuthorized: token !== 'bad', context: { user: 'ann', calls, type: event.type, routeArn: event.routeArn, identity: event.identitySource } };
};`;
const policies = `exports.handler = async (event) => ({
  principalId: 'p', context: { by: 'policy' },
  policyDocument: { Version: '2012-10-17', Statement: [
    { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.routeArn.replace(/GET.*/, '*') },
    ...(event.headers['x-deny'] ? [{ Action: '*', Effect: 'Deny', Resource: event.routeArn }] : []),
  ] },
});`;

const api = (part: string, Properties: Record<string, unknown>) => ({
  Type: `AWS::ApiGatewayV2::${part}`,
  Properties: { ...(part !== 'Api' && { ApiId: { Ref: 'Api' } }), ...Properties },
});
const integration = (target: string, more: Record<string, unknown> = {}) =>
  api('Integration', {
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: arn(target),
    PayloadFormatVersion: '2.0',
    ...more,
  });
const route = (RouteKey: string, target: string, more: Record<string, unknown> = {}) =>
  api('Route', { RouteKey, Target: { 'Fn::Join': ['/', ['integrations', { Ref: target }]] }, ...more });
const permission = (target: string, path = '/*') => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: arn(target),
    Principal: 'apigateway.amazonaws.com',
    SourceArn: { 'Fn::Sub': `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}${path}` },
  },
});
const lambdaAuthorizer = (target: string, more: Record<string, unknown>) =>
  api('Authorizer', {
    Name: target,
    AuthorizerType: 'REQUEST',
    AuthorizerPayloadFormatVersion: '2.0',
    AuthorizerUri: {
      'Fn::Sub': `arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${target}.Arn}/invocations`,
    },
    ...more,
  });
const custom = (id: string) => ({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: id } });

const template = {
  Role: role(),
  Echo: inline(echo),
  Answers: inline(answers, { Timeout: 70 }),
  Simple: inline(authorizer),
  Policies: inline(policies),
  Forbidden: inline(echo),
  Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'access' } },
  Api: api('Api', {
    Name: 'test',
    ProtocolType: 'HTTP',
    CorsConfiguration: {
      AllowOrigins: ['https://app.example'],
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: ['authorization'],
      MaxAge: 60,
    },
  }),
  Stage: api('Stage', {
    StageName: '$default',
    AutoDeploy: true,
    RouteSettings: { 'GET /limited': { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 0.001 } },
    AccessLogSettings: {
      DestinationArn: arn('Group'),
      Format:
        '{"id":"$context.requestId","route":"$context.routeKey","status":"$context.status","path":"$context.path","none":"$context.unknown","user":"$context.authorizer.user"}',
    },
  }),
  Dev: api('Stage', { StageName: 'dev', StageVariables: { color: 'blue' } }),
  ToEcho: integration('Echo'),
  ToAnswers: integration('Answers', { TimeoutInMillis: 3000 }),
  ToForbidden: integration('Forbidden'),
  SimpleAuthorizer: lambdaAuthorizer('Simple', {
    EnableSimpleResponses: true,
    IdentitySource: ['$request.header.Authorization'],
    AuthorizerResultTtlInSeconds: 300,
  }),
  PolicyAuthorizer: lambdaAuthorizer('Policies', {}),
  R1: route('GET /pets/{id}', 'ToEcho'),
  R2: route('GET /pets/dogs', 'ToEcho'),
  R3: route('ANY /pets/{proxy+}', 'ToEcho'),
  R4: route('POST /pets/dogs', 'ToEcho'),
  R5: route('ANY /pets/dogs', 'ToEcho'),
  R6: route('GET /answers/{kind}', 'ToAnswers'),
  R7: route('GET /forbidden', 'ToForbidden'),
  R8: route('GET /limited', 'ToEcho'),
  R9: route('ANY /guarded/{what}', 'ToEcho', custom('SimpleAuthorizer')),
  R10: route('GET /policy', 'ToEcho', custom('PolicyAuthorizer')),
  P1: permission('Echo', '/*/*'),
  P2: permission('Answers', '/*/*/answers/{kind}'),
  P3: permission('Simple', '/authorizers/*'),
  P4: permission('Policies', '/authorizers/*'),
  P5: permission('Forbidden', '/*/*/elsewhere'),
};

beforeAll(async () => {
  running = await run(template);
  base = String(running.cloud.resource('Api').attributes.ApiEndpoint);
});

afterAll(() => running.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers });
const read = async (response: Response) => JSON.parse(await response.text());
const json = async (path: string, headers: Record<string, string> = {}) => read(await get(path, headers));

/** A request as it is on the wire: fetch would tidy up path and headers. */
function raw(path: string, headers: [string, string][], body?: Buffer, method = 'POST'): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(base);
    const sent = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: headers.flat() },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

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
      await raw('/pets/caf%C3%A9%20bar?x=1&x=2&y=a%20b&empty=', headers, Buffer.from('{"a":1}')),
    );

    const { port } = new URL(base);
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
        apiId: running.cloud.resource('Api').ref,
        domainName: `127.0.0.1:${port}`,
        domainPrefix: running.cloud.resource('Api').ref,
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

    const event = JSON.parse(await raw('/pets/dogs', headers, Buffer.from('a=ü')));

    expect(event.isBase64Encoded).toBe(base64);
    expect(Buffer.from(event.body, base64 ? 'base64' : 'utf8').toString()).toBe('a=ü');
  });

  test('leaves out what a request does not have', async () => {
    const event = await json('/pets/dogs');

    for (const name of ['body', 'cookies', 'queryStringParameters', 'pathParameters', 'stageVariables'])
      expect(event).not.toHaveProperty(name);
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  });

  test('of a named stage has its name in the path, and its variables', async () => {
    expect(await json('/dev/pets/dogs')).toMatchObject({
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
    const response = await fetch(base + path, { method });

    expect((await read(response)).routeKey).toBe(routeKey);
  });

  test.each(['/', '/pets', '/pets/', '/other'])('%s has no route', async (path) => {
    const response = await get(path);

    expect(response.status).toBe(404);
    expect(response.headers.get('apigw-requestid')).toMatch(/=$/);
    expect(await response.json()).toEqual({ message: 'Not Found' });
  });
});

describe('a response', () => {
  test.each([
    ['plain', 200, 'application/json', 'text'],
    ['object', 200, 'application/json', '{"a":1}'],
    ['nothing', 200, 'application/json', 'null'],
    ['full', 201, 'text/html', '<p>'],
    ['malformed', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['body', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['fails', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['slow', 503, 'application/json', '{"message":"Service Unavailable"}'],
  ])('of the kind %s becomes a %i', async (kind, status, type, body) => {
    const response = await get(`/answers/${kind}`);

    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toBe(body);
  });

  test('has its own headers, each cookie in a header of its own, and decoded bytes', async () => {
    const [full, binary] = [await get('/answers/full'), await get('/answers/binary')];

    expect(full.headers.get('x-one')).toBe('a');
    expect(full.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0, 1, 2, 255]);
  });
});

test('a request body beyond 10 MB is refused', async () => {
  const response = await fetch(`${base}/pets/dogs`, { method: 'POST', body: Buffer.alloc(10_485_761) });

  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});

test('a body that API Gateway takes and Lambda does not is refused as too large', async () => {
  const response = await fetch(`${base}/pets/dogs`, { method: 'POST', body: Buffer.alloc(5_000_000) });

  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});

test('request line and headers beyond 10,240 bytes are refused', async () => {
  const ask = (bytes: number) =>
    fetch(`${base}/pets/dogs`, { method: 'POST', headers: { 'x-long': 'x'.repeat(bytes) } });

  const answers = [await ask(9_000), await ask(10_240), await ask(40_000)];

  expect(answers.map(({ status }) => status)).toEqual([200, 431, 431]);
});

test('names that every object has are names of headers and parameters like others', async () => {
  const response = await fetch(`${base}/pets/dogs?__proto__=1&constructor=2&constructor=3`, {
    headers: { constructor: 'b' },
  });

  const event = await response.text();
  for (const part of ['"__proto__":"1"', '"constructor":"2,3"', '"constructor":"b"'])
    expect(event).toContain(part);
});

test('a function whose permission is for another route is not invoked', async () => {
  const response = await get('/forbidden');

  expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  expect(running.log.join('\n')).toMatch(/GET \/forbidden: .*lambda:InvokeFunction/);
});

test('requests beyond the burst are throttled', async () => {
  const answers = [];
  for (let count = 0; count < 3; count++) answers.push(await get('/limited'));

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  // A thousandth of a request a second: the next token is there in a quarter of an hour.
  expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(900);
  expect(await answers[2]?.json()).toEqual({ message: 'Too Many Requests' });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    fetch(`${base}/guarded/x`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });

  test('preflights are answered by the API, without the authorizer', async () => {
    const [known, unknown] = [
      await preflight('https://app.example'),
      await preflight('https://evil.example'),
    ];

    expect([known.status, unknown.status]).toEqual([204, 204]);
    expect(Object.fromEntries(known.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '60',
    });
    expect(unknown.headers.has('access-control-allow-origin')).toBe(false);
  });

  test('the settings of the API replace what the function says', async () => {
    const [known, unknown] = [
      await get('/answers/cors', { origin: 'https://app.example' }),
      await get('/answers/cors'),
    ];

    expect(known.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(unknown.headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('a Lambda authorizer', () => {
  test.each([
    ['no identity', {}, 401, 'Unauthorized'],
    ['a refusal', { authorization: 'bad' }, 403, 'Forbidden'],
    ['a failure', { authorization: 'broken' }, 500, 'Internal Server Error'],
    ['an answer of the wrong shape', { authorization: 'odd' }, 500, 'Internal Server Error'],
  ])('with %s lets nobody in', async (_what, headers, status, message) => {
    const response = await get('/guarded/x', headers as Record<string, string>);

    expect([response.status, await response.json()]).toEqual([status, { message }]);
  });

  test('that allows gives its context to the function, and is asked once for an identity', async () => {
    const first = await json('/guarded/x?q=1', { authorization: 'good' });
    const second = await json('/guarded/y', { authorization: 'good' });

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
    const [allowed, denied] = [await get('/policy'), await get('/policy', { 'x-deny': '1' })];

    expect((await read(allowed)).requestContext.authorizer).toEqual({ lambda: { by: 'policy' } });
    expect(denied.status).toBe(403);
  });
});

test('every request leaves a line in the access log, in the format of the stage', async () => {
  const client = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: running.cloud.endpoint,
    credentials: running.cloud.operator,
  });

  const response = await get('/guarded/logged', { authorization: 'good' });

  const id = response.headers.get('apigw-requestid');
  await eventually(async () => {
    const { events } = await client.send(new FilterLogEventsCommand({ logGroupName: 'access' }));
    const lines = events?.map(({ message }) => JSON.parse(message ?? '{}'));
    expect(lines).toContainEqual({
      id,
      route: 'ANY /guarded/{what}',
      status: '200',
      path: '/guarded/logged',
      none: '-',
      user: 'ann',
    });
  });
  client.destroy();
});
