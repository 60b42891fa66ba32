/** The API of key value stores: REST with JSON, signed for all regions (SigV4A). */
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AwsError, type Call, type HttpRequest, type HttpResponse } from '../service.ts';
import { type KeyValueStores, noKey } from './key-value-store.ts';

const Put = z.object({ Value: z.string() });
/** UpdateKeys takes 50 keys ("Quotas on key value stores"). */
const Update = z.object({
  Puts: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
  Deletes: z.array(z.object({ Key: z.string() })).default([]),
});
const MAX_UPDATED_KEYS = 50;
const PAGE = 50;

const PATH = /^\/key-value-stores\/(?<arn>[^/]+)(?<keys>\/keys(?:\/(?<key>[^/]+))?)?$/;

interface Target {
  readonly arn: string;
  /** Whether the path names the keys, or the store itself. */
  readonly keys: boolean;
  readonly key: string | undefined;
}

type Operation = (
  stores: KeyValueStores,
  target: Target,
  request: HttpRequest,
) => Promise<HttpResponse> | HttpResponse;

export async function serveKeyValues(
  stores: KeyValueStores,
  request: HttpRequest,
  call: Call,
): Promise<HttpResponse> {
  const target = targetOf(request.path);
  const [action, operation] = operationOf(request.method, target);
  call.authorize(`cloudfront-keyvaluestore:${action}`, target.arn);
  return operation(stores, target, request);
}

function targetOf(path: string): Target {
  const found = PATH.exec(path)?.groups;
  if (found?.arn === undefined)
    throw new AwsError(
      'NotImplemented',
      `CloudFront KeyValueStore has no ${path}. Nothing was changed.`,
      501,
    );
  const { arn, keys, key } = found;
  return {
    arn: decodeURIComponent(arn),
    keys: keys !== undefined,
    key: key === undefined ? undefined : decodeURIComponent(key),
  };
}

function operationOf(method: string, { keys, key }: Target): readonly [action: string, operation: Operation] {
  const form = `${method} ${key !== undefined ? 'key' : keys ? 'keys' : 'store'}`;
  const found = OPERATIONS[form];
  if (found !== undefined) return found;
  throw new AwsError('NotImplemented', `CloudFront KeyValueStore has no ${form}. Nothing was changed.`, 501);
}

const OPERATIONS: Readonly<Record<string, readonly [action: string, operation: Operation]>> = {
  'GET store': ['DescribeKeyValueStore', describe],
  'GET keys': ['ListKeys', list],
  'POST keys': ['UpdateKeys', update],
  'GET key': ['GetKey', get],
  'PUT key': ['PutKey', put],
  'DELETE key': ['DeleteKey', remove],
};

function describe(stores: KeyValueStores, { arn }: Target): HttpResponse {
  const { etag, created, modified, ...counts } = stores.describe(arn);
  const body = {
    ...counts,
    KvsARN: arn,
    Created: created / 1000,
    LastModified: modified / 1000,
    Status: 'READY',
  };
  return json(body, etag);
}

function get(stores: KeyValueStores, { arn, key = '' }: Target): HttpResponse {
  const { ItemCount, TotalSizeInBytes } = stores.describe(arn);
  const Value = stores.find(arn, key);
  if (Value === undefined) throw noKey(key);
  return json({ Key: key, Value, ItemCount, TotalSizeInBytes });
}

/** A token is the last key of the page before. */
function list(stores: KeyValueStores, { arn }: Target, { query }: HttpRequest): HttpResponse {
  stores.describe(arn);
  const asked = new URLSearchParams(query);
  const after = asked.get('NextToken') ?? '';
  const most = Math.min(Number(asked.get('MaxResults') ?? PAGE), PAGE);
  const rest = stores.items(arn).filter(({ key }) => key > after);
  const Items = rest.slice(0, most).map(({ key, value }) => ({ Key: key, Value: value }));
  return json({ Items, ...(rest.length > most && { NextToken: Items.at(-1)?.Key }) });
}

async function put(stores: KeyValueStores, { arn, key = '' }: Target, request: HttpRequest) {
  const { Value } = await bodyOf(request, Put);
  stores.change(arn, ifMatch(request), { puts: [{ key, value: Value }], deletes: [] });
  return changed(stores, arn);
}

function remove(stores: KeyValueStores, { arn, key = '' }: Target, request: HttpRequest): HttpResponse {
  stores.change(arn, ifMatch(request), { puts: [], deletes: [key] });
  return changed(stores, arn);
}

async function update(stores: KeyValueStores, { arn }: Target, request: HttpRequest) {
  const { Puts, Deletes } = await bodyOf(request, Update);
  if (Puts.length + Deletes.length > MAX_UPDATED_KEYS)
    throw new AwsError('ValidationException', `UpdateKeys takes at most ${MAX_UPDATED_KEYS} keys.`);
  const puts = Puts.map(({ Key, Value }) => ({ key: Key, value: Value }));
  stores.change(arn, ifMatch(request), { puts, deletes: Deletes.map(({ Key }) => Key) });
  return changed(stores, arn);
}

function changed(stores: KeyValueStores, arn: string): HttpResponse {
  const { etag, ItemCount, TotalSizeInBytes } = stores.describe(arn);
  return json({ ItemCount, TotalSizeInBytes }, etag);
}

function ifMatch({ headers }: HttpRequest): string {
  if (headers['if-match'] !== undefined) return headers['if-match'];
  throw new AwsError(
    'ValidationException',
    'The header If-Match is missing: it names the state that is changed.',
  );
}

async function bodyOf<T extends z.ZodType>({ body }: HttpRequest, schema: T): Promise<z.infer<T>> {
  const written = await text(body);
  const parsed = schema.safeParse(written === '' ? {} : JSON.parse(written));
  if (parsed.success) return parsed.data;
  throw new AwsError('ValidationException', z.prettifyError(parsed.error));
}

function json(body: unknown, etag?: string): HttpResponse {
  const headers = { 'content-type': 'application/json', ...(etag !== undefined && { etag }) };
  return { status: 200, headers, body: JSON.stringify(body) };
}
