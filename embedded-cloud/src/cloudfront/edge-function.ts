/**
 * Functions of CloudFront (runtime `cloudfront-js-2.0`): code of the template, run between viewer and cache. It is run in a
 * context of its own, with the module `cloudfront` and without Node's modules, timers and network, as on AWS.
 */
import { createContext, runInContext, Script } from 'node:vm';
import { z } from 'zod';

/** A value that an event has once or several times ("Event structure", CloudFront Developer Guide). */
export interface Field {
  readonly value: string;
  readonly multiValue?: readonly { readonly value: string }[];
}

export interface ViewerRequest {
  readonly method: string;
  /** Percent-encoded, as sent, without the query. */
  readonly uri: string;
  readonly querystring: Readonly<Record<string, Field>>;
  readonly headers: Readonly<Record<string, Field>>;
  readonly cookies: Readonly<Record<string, Field>>;
}

export interface ViewerEvent {
  readonly context: {
    readonly distributionDomainName: string;
    readonly distributionId: string;
    readonly requestId: string;
  };
  readonly viewer: { readonly ip: string };
  readonly request: ViewerRequest;
}

const Fields = z.record(z.string(), z.looseObject({ value: z.string() }));
const Returned = z.union([
  z.looseObject({
    statusCode: z.int(),
    headers: Fields.default({}),
    body: z
      .union([z.string(), z.looseObject({ data: z.string(), encoding: z.string().optional() })])
      .optional(),
  }),
  z.looseObject({ uri: z.string().startsWith('/') }),
]);

/** What a function makes of a request: another path for the origin, or an answer of its own. */
export type Outcome =
  | { readonly kind: 'forward'; readonly uri: string }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer | string;
    };

/** The values of the store that the function is associated with; undefined where it has none. */
export type Lookup = ((key: string) => string | undefined) | undefined;

export interface EdgeFunction {
  /** @throws whatever the code throws, and Error for a result that is neither request nor response */
  run(event: ViewerEvent): Promise<Outcome>;
}

/** For what is not awaited; AWS ends a function after a millisecond of processor time. */
const TIMEOUT_MS = 1_000;
/** The one import that there is, in both of its forms. */
const IMPORT = /^\s*import\s+(?:\*\s+as\s+)?(\w+)\s+from\s+(['"])cloudfront\2\s*;?/gm;

/** @throws SyntaxError | Error when the code has no handler */
export function edgeFunction(code: string, lookup: Lookup): EdgeFunction {
  const context = createContext({ cloudfront: { kvs: () => storeOf(lookup) }, console: { log: () => {} } });
  new Script(code.replace(IMPORT, 'const $1 = cloudfront;')).runInContext(context);
  if (runInContext('typeof handler', context) !== 'function')
    throw new Error('The code of the CloudFront function has no function handler(event).');
  return {
    async run(event) {
      Object.assign(context, { event: { version: '1.0', ...event } });
      const returned: unknown = await runInContext('handler(event)', context, { timeout: TIMEOUT_MS });
      return outcomeOf(returned);
    },
  };
}

function storeOf(lookup: Lookup) {
  if (lookup === undefined) throw new Error('The function is associated with no key value store.');
  const get = (key: string): string => {
    const value = lookup(key);
    if (value === undefined) throw new Error(`KeyNotFound: ${key}`);
    return value;
  };
  return {
    get: async (key: string, options?: { format?: string }) =>
      options?.format === 'json' ? JSON.parse(get(key)) : get(key),
    exists: async (key: string) => lookup(key) !== undefined,
  };
}

function outcomeOf(returned: unknown): Outcome {
  const parsed = Returned.safeParse(returned);
  if (!parsed.success) throw new Error('The function returned neither a request nor a response.');
  const { data } = parsed;
  if ('uri' in data) return { kind: 'forward', uri: String(data.uri) };
  const { statusCode, body } = data;
  const headers = Object.fromEntries(Object.entries(data.headers).map(([name, { value }]) => [name, value]));
  const bytes =
    typeof body === 'object' ? Buffer.from(body.data, body.encoding === 'base64' ? 'base64' : 'utf8') : body;
  return { kind: 'answer', status: statusCode, headers, body: bytes ?? '' };
}
