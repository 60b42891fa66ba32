/** One S3 request, taken apart: bucket and key from path or host, query, headers with one value each. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Call, HttpRequest } from '../service.ts';
import { s3Error } from './errors.ts';

export interface S3Request {
  readonly method: string;
  /** Empty for the service itself (ListBuckets). */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  readonly call: Call;
  /** Still encoded; error documents name it. */
  readonly path: string;
}

/** A key may have 1,024 bytes of UTF-8 ("Creating object key names", S3 User Guide). */
const MAX_KEY = 1024;
/** `bucket.s3.<region>.amazonaws.com`, and `bucket.localhost` for clients without path style. */
const VIRTUAL_HOST =
  /^(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.(?:s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com|localhost)(?::\d+)?$/;

export function parseRequest(request: HttpRequest, call: Call): S3Request {
  const query = new Map(new URLSearchParams(request.query));
  const headers = { ...hoisted(query), ...singleValues(request.headers) };
  const [bucket, key] = target(request.path, headers.host ?? '');
  if (Buffer.byteLength(key) > MAX_KEY) {
    throw s3Error('KeyTooLongError', undefined, {
      Size: String(Buffer.byteLength(key)),
      MaxSizeAllowed: String(MAX_KEY),
    });
  }
  return {
    method: request.method,
    bucket,
    key,
    query,
    headers,
    body: request.body,
    call,
    path: request.path,
  };
}

/** Bucket and key of a path, both decoded. */
function target(path: string, host: string): [bucket: string, key: string] {
  const virtual = VIRTUAL_HOST.exec(host)?.groups?.bucket;
  const whole = path.replace(/^\//, '');
  if (virtual !== undefined) return [virtual, decode(whole)];
  const slash = whole.indexOf('/');
  return slash < 0 ? [decode(whole), ''] : [decode(whole.slice(0, slash)), decode(whole.slice(slash + 1))];
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw s3Error('InvalidURI');
  }
}

function singleValues(headers: IncomingHttpHeaders): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return out;
}

/** Query parameters of a presigned URL stand for headers, save those of the signature: SDKs move `x-amz-*` there. */
function hoisted(query: ReadonlyMap<string, string>): Record<string, string> {
  const out: Record<string, string> = {};
  if (!query.has('X-Amz-Signature')) return out;
  for (const [name, value] of query) {
    if (/^x-amz-(?!algorithm|credential|date|expires|signedheaders|signature|security-token)/i.test(name)) {
      out[name.toLowerCase()] = value;
    }
  }
  return out;
}
