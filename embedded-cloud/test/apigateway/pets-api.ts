/** An HTTP API of pets, answers and guarded paths, with authorizers and an access log. */
import { request as httpRequest } from 'node:http';
import { arn, inline, type Running, role, run } from '../../test-kit/running.ts';

const echo = 'exports.handler = async (event) => event;';

export const answers = `const answers = {
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

export const api = (part: string, Properties: Record<string, unknown>) => ({
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

export interface PetsApi {
  readonly running: Running;
  readonly base: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The JSON that a GET answers, which is the event where `Echo` answers. */
  json(path: string, headers?: Record<string, string>): ReturnType<typeof readJson>;
  /** A request as it is on the wire: fetch would tidy up path and headers. */
  raw(path: string, headers: [string, string][], body?: Buffer, method?: string): Promise<string>;
}

export const readJson = async (response: Response) => JSON.parse(await response.text());

export async function startPetsApi(): Promise<PetsApi> {
  const running = await run(template);
  const base = String(running.cloud.resource('Api').attributes.ApiEndpoint);
  const get = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers });
  return {
    running,
    base,
    get,
    json: async (path, headers) => readJson(await get(path, headers)),
    raw: (...request) => sendRaw(base, ...request),
  };
}

function sendRaw(
  base: string,
  path: string,
  headers: [string, string][],
  body?: Buffer,
  method = 'POST',
): Promise<string> {
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
