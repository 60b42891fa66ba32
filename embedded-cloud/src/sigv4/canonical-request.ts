/** The canonical request and the string to sign of SigV4. */
import { hash } from 'node:crypto';
import { decode, type Signature, type SignedRequest } from './signature.ts';

/** @param payloadHash hex SHA-256 of the body, or one of S3's words for a body that is not hashed */
export function canonicalRequest(request: SignedRequest, signature: Signature, payloadHash: string): string {
  const path = signature.service === 's3' ? s3Path(request.path) : normalizedPath(request.path);
  let headers = '';
  for (const name of signature.signedHeaders) {
    const values = request.headers[name] ?? [];
    headers += `${name}:${values.map((value) => value.trim().replace(/ {2,}/g, ' ')).join(',')}\n`;
  }
  const query = canonicalQuery(signature.parameters);
  return `${request.method}\n${path}\n${query}\n${headers}\n${signature.signedHeaders.join(';')}\n${payloadHash}`;
}

export function stringToSign(signature: Signature, canonical: string): string {
  const { algorithm, date, region, service } = signature;
  const scope = [date, ...(algorithm === 'AWS4-HMAC-SHA256' ? [region] : []), service, 'aws4_request'];
  return `${algorithm}\n${signature.timestamp}\n${scope.join('/')}\n${hash('sha256', canonical)}`;
}

/** S3 signs the key as it is, encoded once; dots and double slashes belong to the key. */
function s3Path(path: string): string {
  return path === '/'
    ? path
    : path
        .split('/')
        .map((segment) => encode(decode(segment)))
        .join('/');
}

/** All other services sign the path as sent, normalized and encoded a second time. */
function normalizedPath(path: string): string {
  if (path === '/' || path === '') return '/';
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(encode(segment));
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(parameters: Signature['parameters']): string {
  return parameters
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : x > y ? 1 : 0) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** RFC 3986: `encodeURIComponent` leaves five characters that SigV4 wants encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
