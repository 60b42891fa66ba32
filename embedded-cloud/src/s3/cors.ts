/** Cross-origin requests of browsers (the Fetch standard's CORS protocol, with the rules of the bucket). */
import type { HttpResponse } from '../service.ts';
import type { Bucket } from './buckets.ts';
import type { CorsRule } from './cors-rules.ts';
import { s3Error } from './errors.ts';
import type { S3Request } from './request.ts';

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/** At most one `*` stands for any text. */
function matches(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return pattern === text;
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

function ruleFor(
  bucket: Bucket,
  origin: string,
  method: string,
  wanted: readonly string[],
): CorsRule | undefined {
  return bucket.cors.find(
    (rule) =>
      rule.AllowedOrigins.some((pattern) => matches(pattern, origin)) &&
      rule.AllowedMethods.includes(method) &&
      wanted.every((name) => rule.AllowedHeaders.some((pattern) => matches(pattern.toLowerCase(), name))),
  );
}

function ruleHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const anyone = rule.AllowedOrigins.includes('*');
  const headers: Record<string, string> = {
    'access-control-allow-origin': anyone ? '*' : origin,
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    vary: VARY,
  };
  if (!anyone) headers['access-control-allow-credentials'] = 'true';
  if (rule.ExposedHeaders.length > 0)
    headers['access-control-expose-headers'] = rule.ExposedHeaders.join(', ');
  if (rule.MaxAge !== undefined) headers['access-control-max-age'] = String(rule.MaxAge);
  return headers;
}

/** Answers `OPTIONS`. @throws BadRequest, AccessForbidden */
export function preflight(bucket: Bucket, { headers }: S3Request): HttpResponse {
  const origin = headers.origin;
  const method = headers['access-control-request-method'];
  if (origin === undefined || method === undefined) {
    throw s3Error('BadRequest', 'Insufficient information. Origin request header needed.');
  }
  if (bucket.cors.length === 0) {
    throw s3Error('AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.', {
      Method: method,
    });
  }
  const wanted = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = ruleFor(bucket, origin, method, wanted);
  if (rule === undefined) {
    throw s3Error('AccessForbidden', undefined, { Method: method, ResourceType: 'OBJECT' });
  }
  const allowed = ruleHeaders(rule, origin);
  if (wanted.length > 0) allowed['access-control-allow-headers'] = wanted.join(', ');
  return { status: 200, headers: allowed };
}

/** What the answer to a request with an `Origin` gets besides; errors get it, too, so that pages can read them. */
export function corsHeaders(
  bucket: Bucket | undefined,
  { method, headers }: S3Request,
): Record<string, string> {
  if (bucket === undefined || headers.origin === undefined) return {};
  const rule = ruleFor(bucket, headers.origin, method, []);
  return rule === undefined ? {} : ruleHeaders(rule, headers.origin);
}
