/**
 * Lambda authorizers, payload format 2.0
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html).
 */
import { z } from 'zod';
import { type PayloadContext, type PayloadRequest, requestPart } from '../lambda/http-payload.ts';
import { AwsError, type Cloud } from '../service.ts';
import { invokeFunction } from './invoke.ts';
import type { Authorizer } from './model.ts';

export type Decision =
  | { readonly kind: 'allowed'; readonly context: Readonly<Record<string, unknown>> | null }
  /** `busy`: the function had no room for the question, or no time within the limit. */
  | { readonly kind: 'unauthorized' | 'forbidden' | 'failed' | 'busy' | 'gone' };

const context = z.record(z.string(), z.unknown()).nullish();
const simpleSchema = z.looseObject({ isAuthorized: z.boolean(), context });
const oneOrMore = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const policySchema = z.looseObject({
  principalId: z.string().optional(),
  policyDocument: z.looseObject({
    Statement: z.array(
      z.looseObject({ Action: oneOrMore, Effect: z.enum(['Allow', 'Deny']), Resource: oneOrMore }),
    ),
  }),
  context,
});

type Answer = z.infer<typeof simpleSchema> | z.infer<typeof policySchema>;

/** One request that asks for a decision. */
export interface Question {
  readonly request: PayloadRequest;
  readonly context: PayloadContext;
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<METHOD>/<path>`. */
  readonly routeArn: string;
  /** Whether the question goes before those of other requests. */
  readonly first: boolean;
  /** Aborted when nobody waits for the decision any more, of a request that need not be handled then. */
  readonly abandoned: AbortSignal | undefined;
}

class Late extends Error {}

/** Authorizers wait for 10 seconds at most. */
const TIMEOUT = 10_000;

export class Authorizers {
  readonly #cloud: Cloud;
  readonly #cache = new Map<string, { readonly answer: Answer; readonly until: number }>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  async decide(authorizer: Authorizer, question: Question): Promise<Decision> {
    const identity = authorizer.IdentitySource.map((source) => identityValue(source, question));
    if (identity.some((value) => value === undefined || value === '')) return { kind: 'unauthorized' };
    const ttl = identity.length > 0 ? authorizer.AuthorizerResultTtlInSeconds : 0;
    const key = JSON.stringify([question.context.apiId, authorizer.id, question.context.stage, identity]);
    const cached = this.#cache.get(key);
    const now = this.#cloud.now();
    if (cached && cached.until > now) return judge(cached.answer, question.routeArn);
    try {
      const answer = await this.#ask(authorizer, question, identity);
      if (ttl > 0) this.#remember(key, answer, now + ttl * 1000);
      return judge(answer, question.routeArn);
    } catch (error) {
      if (error instanceof AwsError && error.status === 499) return { kind: 'gone' };
      this.#cloud.log(
        'apigateway',
        `authorizer ${authorizer.Name}: ${error instanceof Error ? error.message : error}`,
      );
      const busy = error instanceof Late || (error instanceof AwsError && error.status === 429);
      return { kind: busy ? 'busy' : 'failed' };
    }
  }

  async #ask(authorizer: Authorizer, question: Question, identity: readonly unknown[]): Promise<Answer> {
    const { accountId, region, partition } = this.#cloud;
    const { request, context, routeArn, first, abandoned } = question;
    const sourceArn = `arn:${partition}:execute-api:${region}:${accountId}:${context.apiId}/authorizers/${authorizer.id}`;
    const identitySource = identity.length > 0 ? identity : null;
    const event = { ...requestPart(request, context), type: 'REQUEST', routeArn, identitySource };
    const { AuthorizerUri: uri, AuthorizerCredentialsArn: role } = authorizer;
    const late = AbortSignal.timeout(TIMEOUT);
    const payload = await Promise.race([
      invokeFunction(this.#cloud, {
        ...{ uri, sourceArn, role, event, first },
        abandoned: abandoned && AbortSignal.any([abandoned, late]),
      }),
      new Promise<never>((_resolve, reject) => {
        late.addEventListener('abort', () => reject(new Late('no answer within 10 seconds')));
      }),
    ]);
    if (payload === undefined) throw new Error('the function failed');
    const schema = authorizer.EnableSimpleResponses ? simpleSchema : policySchema;
    return schema.parse(JSON.parse(payload));
  }

  /** The cache stays small: entries that are over go whenever one comes in. */
  #remember(key: string, answer: Answer, until: number): void {
    const now = this.#cloud.now();
    for (const [old, entry] of this.#cache) if (entry.until <= now) this.#cache.delete(old);
    this.#cache.set(key, { answer, until });
  }
}

/** `$request.header.Authorization`, `$request.querystring.token`, `$context.routeKey`, `$stageVariables.x` */
function identityValue(source: string, { request, context }: Question): string | undefined {
  const [, kind, name = ''] =
    /^\$(request\.header|request\.querystring|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  switch (kind) {
    case 'request.header':
      return name.toLowerCase() === 'cookie'
        ? request.cookies.join('; ')
        : request.headers[name.toLowerCase()];
    case 'request.querystring':
      return new URLSearchParams(request.rawQueryString).getAll(name).join(',');
    case 'stageVariables':
      return context.stageVariables?.[name];
    case 'context':
      return contextValue(name, { request, context });
    default:
      return undefined;
  }
}

function contextValue(
  name: string,
  { request, context }: Pick<Question, 'request' | 'context'>,
): string | undefined {
  const values: Record<string, string> = {
    routeKey: context.routeKey,
    httpMethod: request.method,
    path: request.rawPath,
    stage: context.stage,
    'identity.sourceIp': request.sourceIp,
    'identity.userAgent': request.headers['user-agent'] ?? '',
  };
  return values[name];
}

function judge(answer: Answer, routeArn: string): Decision {
  const allowed = 'isAuthorized' in answer ? answer.isAuthorized === true : policyAllows(answer, routeArn);
  if (!allowed) return { kind: 'forbidden' };
  return { kind: 'allowed', context: answer.context ?? null };
}

function policyAllows(answer: Answer, routeArn: string): boolean {
  const { policyDocument } = policySchema.parse(answer);
  const matching = policyDocument.Statement.filter(
    ({ Action, Resource }) =>
      Action.some((one) => like(one, 'execute-api:Invoke')) && Resource.some((one) => like(one, routeArn)),
  );
  return matching.length > 0 && matching.every(({ Effect }) => Effect === 'Allow');
}

/** IAM's wildcards: `*` is any text, `?` one character. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(text);
}
