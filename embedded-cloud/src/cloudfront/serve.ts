/** One request to a distribution: alias, method, function, origin. Nothing is cached: each request is asked of the bucket. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { HttpAnswer, StreamedAnswer } from '../lambda/http-listener.ts';
import type { Cloud, HttpResponse, Principal } from '../service.ts';
import type { EdgeFunction, Field, ViewerEvent } from './edge-function.ts';
import type { Distribution } from './model.ts';

export interface Edge {
  readonly cloud: Cloud;
  readonly distribution: Distribution;
  /** Of viewer requests. */
  readonly edgeFunction: EdgeFunction | undefined;
}

/** What a viewer may ask of the origin by headers: parts, and whether its copy is still good. */
const FORWARDED = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

type Answer = HttpAnswer | StreamedAnswer;

export async function serveViewer(edge: Edge, incoming: IncomingMessage): Promise<Answer> {
  const { distribution } = edge;
  const requestId = randomBytes(39).toString('base64url');
  const own = { via: `1.1 ${distribution.domain} (CloudFront)`, 'x-amz-cf-id': requestId };
  const answer = await answerOf(edge, incoming, requestId);
  return { ...answer, headers: { ...answer.headers, ...own } };
}

async function answerOf(edge: Edge, incoming: IncomingMessage, requestId: string): Promise<Answer> {
  const { distribution, edgeFunction } = edge;
  const { DefaultCacheBehavior: behavior, DefaultRootObject: root } = distribution.config;
  const host = hostOf(distribution, incoming.headers.host ?? '');
  if (host === undefined) return failure(403, 'Bad request. No distribution has this host name as an alias.');
  const method = incoming.method ?? 'GET';
  if (!behavior.AllowedMethods.includes(method))
    return failure(
      403,
      'This distribution is not configured to allow the HTTP request method that was used for this request.',
    );
  const asked = new URL(`http://edge${pathOf(incoming)}`);
  const event = viewerEvent(edge, incoming, { host, asked, requestId });
  let { uri } = event.request;
  if (edgeFunction !== undefined) {
    const outcome = await edgeFunction.run(event).catch((error: unknown) => {
      edge.cloud.log('cloudfront', `the function of ${distribution.id} failed: ${String(error)}`);
      return undefined;
    });
    if (outcome === undefined)
      return failure(503, 'The CloudFront function associated with the CloudFront distribution is invalid.');
    if (outcome.kind === 'answer')
      return {
        status: outcome.status,
        headers: { ...outcome.headers, 'x-cache': 'FunctionGeneratedResponse from cloudfront' },
        body: outcome.body,
      };
    ({ uri } = outcome);
  }
  return fromOrigin(edge, uri === '/' && root !== '' ? `/${root}` : uri, incoming);
}

/** @returns the name that the request was sent to, without its port; undefined for a name of other distributions */
function hostOf({ domain, config }: Distribution, header: string): string | undefined {
  const name = header.replace(/:\d+$/, '').toLowerCase();
  if (name === '127.0.0.1' || name === 'localhost') return domain;
  // A wildcard stands for one label ("Using the * wildcard in alternate domain names").
  const isAlias = (alias: string) =>
    alias === name || (alias.startsWith('*.') && name.slice(name.indexOf('.')) === alias.slice(1));
  return config.Aliases.some(isAlias) ? name : undefined;
}

/** As sent: a URL object would resolve dots in it. */
const pathOf = ({ url = '/' }: IncomingMessage): string => (url.startsWith('/') ? url : '/');

function viewerEvent(
  { distribution }: Edge,
  incoming: IncomingMessage,
  { host, asked, requestId }: { host: string; asked: URL; requestId: string },
): ViewerEvent {
  const fields = (pairs: Iterable<readonly [string, string]>): Record<string, Field> =>
    Object.fromEntries([...pairs].map(([name, value]) => [name, { value }]));
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    context: { distributionDomainName: distribution.domain, distributionId: distribution.id, requestId },
    viewer: { ip: incoming.socket.remoteAddress ?? '127.0.0.1' },
    request: {
      method: incoming.method ?? 'GET',
      uri: pathOf(incoming).split('?')[0] ?? '/',
      querystring: fields(asked.searchParams),
      headers: { ...fields(headers.filter(([name]) => name !== 'cookie')), host: { value: host } },
      cookies: fields(cookiesOf(incoming.headers.cookie ?? '')),
    },
  };
}

const cookiesOf = (header: string): (readonly [string, string])[] =>
  header.split(';').flatMap((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return name === '' ? [] : [[name, value.join('=')] as const];
  });

async function fromOrigin(
  { cloud, distribution }: Edge,
  uri: string,
  { method, headers: sent }: IncomingMessage,
): Promise<Answer> {
  const [origin] = distribution.config.Origins;
  if (origin === undefined || cloud.callAs === undefined) throw new Error('The distribution has no origin.');
  const s3 = cloud.service('s3');
  if (s3.handle === undefined) throw new Error('S3 takes no requests.');
  const { arn } = distribution;
  const principal: Principal =
    origin.OriginAccessControlId === undefined
      ? { kind: 'anonymous', arn: 'anonymous' }
      : { kind: 'service', arn: 'cloudfront.amazonaws.com', sourceArn: arn };
  const headers: IncomingHttpHeaders = { host: origin.DomainName };
  for (const name of FORWARDED) if (sent[name] !== undefined) headers[name] = sent[name];
  const request = {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    path: `${origin.OriginPath}${uri}`,
    query: '',
    headers,
    body: Readable.from([]),
  };
  return viewerAnswer(await s3.handle(request, cloud.callAs('s3', principal)));
}

function viewerAnswer({ status, headers = {}, body }: HttpResponse): Answer {
  const shown = Object.entries(headers)
    .filter(([name]) => !name.startsWith('x-amz-'))
    .map(([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')] as const);
  const result = status >= 400 ? 'Error' : 'Miss';
  const common = {
    status,
    headers: { ...Object.fromEntries(shown), 'x-cache': `${result} from cloudfront` },
  };
  const length = headers['content-length'];
  // Without a body, a length is that of an answer to HEAD.
  if (body instanceof Readable || (body === undefined && length !== undefined))
    return { ...common, stream: body ?? Readable.from([]), ...(length && { length: Number(length) }) };
  return { ...common, body: Buffer.from(body ?? '') };
}

function failure(status: number, message: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-cache': 'Error from cloudfront' },
    body: `${message}\n`,
  };
}
