/**
 * SigV4A: the secret of an access key becomes a private key on the curve P-256, by the key derivation of NIST SP 800-108 in
 * counter mode (aws-c-auth, source/key_derivation.c). The verifier derives the same key and takes its public half.
 */
import { createECDH, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** The order of P-256 less two: a larger candidate is no private key, and the next one is taken. */
const LARGEST_CANDIDATE = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn;
/** A counter of one byte; that a first candidate is too large happens once in four billion keys. */
const MOST_CANDIDATES = 254;

/** @param given the signature, in DER */
export function isSignedByKeyPair(
  accessKeyId: string,
  secretAccessKey: string,
  toSign: string,
  given: Buffer,
): boolean {
  const key = publicKey(accessKeyId, secretAccessKey);
  return verify('sha256', Buffer.from(toSign), { key, dsaEncoding: 'der' }, given);
}

/** Derived and imported in half a millisecond, so the last ones are kept. */
const known = new Map<string, KeyObject>();

function publicKey(accessKeyId: string, secretAccessKey: string): KeyObject {
  const name = `${accessKeyId}/${secretAccessKey}`;
  const found = known.get(name);
  if (found !== undefined) return found;
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(privateKey(accessKeyId, secretAccessKey), 'hex');
  // 0x04, x, y: the uncompressed point (SEC 1, 2.3.3).
  const point = pair.getPublicKey();
  const [x, y] = [point.toString('base64url', 1, 33), point.toString('base64url', 33)];
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  // One for each role: a template has some dozens.
  if (known.size >= 1_000) known.clear();
  known.set(name, key);
  return key;
}

/** In hexadecimal digits. */
function privateKey(accessKeyId: string, secretAccessKey: string): string {
  for (let counter = 1; counter <= MOST_CANDIDATES; counter++) {
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(`AWS4-ECDSA-P256-SHA256\0${accessKeyId}`),
      Buffer.from([counter]),
      Buffer.from([0, 0, 1, 0]),
    ]);
    const candidate = BigInt(
      `0x${createHmac('sha256', `AWS4A${secretAccessKey}`).update(input).digest('hex')}`,
    );
    if (candidate <= LARGEST_CANDIDATE) return (candidate + 1n).toString(16).padStart(64, '0');
  }
  throw new Error('No private key can be derived of this access key.');
}
