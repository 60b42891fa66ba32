/**
 * Reads the signature of a request, from the `Authorization` header or from the query of a presigned URL
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
import { SignatureFailure } from './failure.ts';

/** The parts of an HTTP request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Every value of a header, by its name in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** With a key of HMAC for one region, or (SigV4A) with a key pair for a set of regions. */
export type Algorithm = 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256';

export interface Signature {
  readonly algorithm: Algorithm;
  readonly presigned: boolean;
  readonly accessKeyId: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly date: string;
  /** Of SigV4A a set, as `x-amz-region-set` has it: names and patterns, with commas between. */
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `x-amz-date` as sent, `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Lifetime of a presigned URL in seconds. */
  readonly expiresSeconds: number | undefined;
  /** Decoded query, in the order sent. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** AWS's upper limit for presigned URLs: seven days. */
const LONGEST_PRESIGN_SECONDS = 604_800;

/**
 * @returns undefined when the request carries no signature at all
 * @throws SignatureFailure when it carries an incomplete or malformed one
 */
export function readSignature(request: SignedRequest): Signature | undefined {
  const parameters = decodeQuery(request.query);
  const authorization = request.headers.authorization?.[0];
  if (authorization?.startsWith('AWS4-')) return fromHeader(authorization, request, parameters);
  if (parameters.some(([name]) => name === 'X-Amz-Signature' || name === 'X-Amz-Algorithm')) {
    return fromQuery(parameters);
  }
  return undefined;
}

function fromHeader(
  authorization: string,
  request: SignedRequest,
  parameters: Signature['parameters'],
): Signature {
  const found =
    /^(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256)\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]+)\s*$/.exec(
      authorization,
    );
  const timestamp = request.headers['x-amz-date']?.[0];
  if (found === null || timestamp === undefined) {
    throw new SignatureFailure(
      'incomplete',
      `Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters, and existence of an 'X-Amz-Date' header.`,
    );
  }
  const [, algorithm, credential = '', signedHeaders = '', signature = ''] = found;
  const scope =
    algorithm === 'AWS4-ECDSA-P256-SHA256'
      ? multiRegionScope(credential, request.headers['x-amz-region-set']?.[0])
      : ({ ...scopeOf(credential, 'incomplete'), algorithm: 'AWS4-HMAC-SHA256' } as const);
  return {
    ...scope,
    presigned: false,
    signedHeaders: signedHeaders.split(';'),
    signature,
    timestamp,
    sessionToken: request.headers['x-amz-security-token']?.[0],
    expiresSeconds: undefined,
    parameters,
  };
}

function fromQuery(parameters: Signature['parameters']): Signature {
  const values = new Map(parameters);
  const required = (name: string): string => {
    const value = values.get(name);
    if (value !== undefined && value !== '') return value;
    throw new SignatureFailure(
      'query-parameters',
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  };
  if (required('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') {
    throw new SignatureFailure('query-parameters', 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  return {
    ...scopeOf(required('X-Amz-Credential'), 'query-parameters'),
    algorithm: 'AWS4-HMAC-SHA256',
    presigned: true,
    signedHeaders: required('X-Amz-SignedHeaders').split(';'),
    signature: required('X-Amz-Signature'),
    timestamp: required('X-Amz-Date'),
    sessionToken: values.get('X-Amz-Security-Token'),
    expiresSeconds: lifetime(required('X-Amz-Expires')),
    parameters,
  };
}

function lifetime(text: string): number {
  if (!/^\d+$/.test(text)) throw new SignatureFailure('query-parameters', 'X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= LONGEST_PRESIGN_SECONDS) return seconds;
  throw new SignatureFailure(
    'query-parameters',
    'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
  );
}

function scopeOf(credential: string, kind: 'incomplete' | 'query-parameters') {
  const [accessKeyId, date, region, service, end, more] = credential.split('/');
  if (accessKeyId && date && region && service && end === 'aws4_request' && more === undefined) {
    return { accessKeyId, date, region, service };
  }
  throw new SignatureFailure(
    kind,
    'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  );
}

/** The scope of SigV4A names no region: a signed header does. */
function multiRegionScope(credential: string, regions: string | undefined) {
  const [accessKeyId, date, service, end, more] = credential.split('/');
  if (accessKeyId && date && service && end === 'aws4_request' && more === undefined && regions) {
    return { algorithm: 'AWS4-ECDSA-P256-SHA256', accessKeyId, date, service, region: regions } as const;
  }
  throw new SignatureFailure(
    'incomplete',
    'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request" and the header x-amz-region-set.',
  );
}

/** Decodes a query string; `+` stays a plus, as SigV4 has it. */
function decodeQuery(query: string): [string, string][] {
  if (query === '') return [];
  return query
    .split('&')
    .filter(Boolean)
    .map((part) => {
      const equals = part.indexOf('=');
      return equals === -1
        ? [decode(part), '']
        : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
}

/** @throws SignatureFailure for a `%` that encodes nothing */
export function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SignatureFailure('malformed-uri', "Couldn't parse the specified URI.");
  }
}
