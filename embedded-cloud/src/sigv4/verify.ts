/** Verifies a signature in full, as AWS does: time, scope, key, session token, signed headers, and last the signature. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccessKey } from '../service.ts';
import { canonicalRequest, stringToSign } from './canonical-request.ts';
import { type FailureKind, SignatureFailure } from './failure.ts';
import { isSignedByKeyPair } from './key-pair.ts';
import type { Signature, SignedRequest } from './signature.ts';

/** AWS accepts a clock that is wrong by up to fifteen minutes. */
const SKEW_MILLISECONDS = 15 * 60_000;

export interface VerifierOptions {
  readonly region: string;
  readonly now: () => number;
  /** Finds the secret of a key, or says what is wrong with it. */
  readonly find: (accessKeyId: string, sessionToken: string | undefined) => AccessKey | FailureKind;
}

/**
 * @param payloadHash hex SHA-256 of the body as received; for S3, what the request declares
 * @returns who signed
 * @throws SignatureFailure
 */
export type Verify = (request: SignedRequest, signature: Signature, payloadHash: string) => AccessKey;

export function createVerifier({ region, now, find }: VerifierOptions): Verify {
  const signingKey = signingKeys();
  return (request, signature, payloadHash) => {
    checkTime(signature, now());
    checkScope(signature, region);
    const key = find(signature.accessKeyId, signature.sessionToken);
    if (typeof key === 'string') throw keyFailure(key, signature);
    checkSignedHeaders(request, signature);
    const toSign = stringToSign(signature, canonicalRequest(request, signature, payloadHash));
    const given = Buffer.from(signature.signature, 'hex');
    const isSigned =
      signature.algorithm === 'AWS4-HMAC-SHA256'
        ? isHmac(signingKey(key.secretAccessKey, signature), toSign, given)
        : isSignedByKeyPair(signature.accessKeyId, key.secretAccessKey, toSign, given);
    if (isSigned) return key;
    throw new SignatureFailure(
      'mismatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  };
}

function isHmac(key: Buffer, toSign: string, given: Buffer): boolean {
  const expected = createHmac('sha256', key).update(toSign).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function checkTime(signature: Signature, now: number): void {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signature.timestamp);
  const [, year, month, day, hour, minute, second] = found ?? [];
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signedAt) || !signature.timestamp.startsWith(signature.date)) {
    throw new SignatureFailure(
      signature.presigned ? 'query-parameters' : 'incomplete',
      'The date in the credential scope does not match the date of the request (yyyymmddThhmmssZ).',
    );
  }
  if (signature.expiresSeconds !== undefined) {
    if (now > signedAt + signature.expiresSeconds * 1000) {
      throw new SignatureFailure('url-expired', 'Request has expired');
    }
    if (now < signedAt - SKEW_MILLISECONDS) {
      throw new SignatureFailure('url-not-yet-valid', 'Request is not valid yet');
    }
  } else if (Math.abs(now - signedAt) > SKEW_MILLISECONDS) {
    throw new SignatureFailure(
      'skewed',
      `Signature expired or not yet current: ${signature.timestamp} is more than 15 min. from ${new Date(now).toISOString()}`,
    );
  }
}

function checkScope(signature: Signature, region: string): void {
  // A set of SigV4A has patterns: `*`, `us-*` (IAM User Guide, "AWS Signature Version 4 for API requests").
  const isCovered = signature.region
    .split(',')
    .some((one) => one === region || (one.endsWith('*') && region.startsWith(one.slice(0, -1))));
  const isInScope = signature.algorithm === 'AWS4-HMAC-SHA256' ? signature.region === region : isCovered;
  if (!isInScope) {
    throw new SignatureFailure(
      'scope',
      `Credential should be scoped to a valid region: the region '${signature.region}' is wrong; expecting '${region}'`,
    );
  }
}

function keyFailure(kind: FailureKind, signature: Signature): SignatureFailure {
  if (kind === 'expired-token')
    return new SignatureFailure(kind, 'The security token included in the request is expired');
  if (kind === 'unknown-key' && signature.service === 's3') {
    return new SignatureFailure(kind, 'The AWS Access Key Id you provided does not exist in our records.');
  }
  return new SignatureFailure(kind, 'The security token included in the request is invalid.');
}

/**
 * `host` must be signed; S3 also refuses `x-amz-…` headers that are not, as they could have been added on the way. The
 * body's hash is exempt: it is the last line of the canonical request, or not used.
 */
function checkSignedHeaders(request: SignedRequest, signature: Signature): void {
  const unsigned = (name: string) => !signature.signedHeaders.includes(name);
  const needed = signature.algorithm === 'AWS4-HMAC-SHA256' ? ['host'] : ['host', 'x-amz-region-set'];
  const bare = [...needed, ...(signature.service === 's3' ? amzHeaders(request) : [])].filter(unsigned);
  if (bare.length > 0) {
    throw new SignatureFailure(
      'unsigned-headers',
      `There were headers present in the request which were not signed: ${bare.join(', ')}`,
    );
  }
}

function amzHeaders(request: SignedRequest): string[] {
  return Object.keys(request.headers).filter(
    (name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256',
  );
}

/** Derived keys last a day and cost four MACs, so the last ones are kept. */
function signingKeys(): (secret: string, signature: Signature) => Buffer {
  const cache = new Map<string, Buffer>();
  return (secret, { date, region, service }) => {
    const name = `${secret}/${date}/${service}`;
    const known = cache.get(name);
    if (known !== undefined) return known;
    let key: Buffer = Buffer.from(`AWS4${secret}`);
    for (const part of [date, region, service, 'aws4_request'])
      key = createHmac('sha256', key).update(part).digest();
    // One for each role and service: a template has some dozens.
    if (cache.size >= 1_000) cache.clear();
    cache.set(name, key);
    return key;
  };
}
