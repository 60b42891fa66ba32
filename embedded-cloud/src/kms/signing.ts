/** Signing and verifying under KMS's algorithm names. */
import { constants, type KeyObject, privateEncrypt, publicDecrypt, sign, verify } from 'node:crypto';
import { AwsError, notImplemented } from '../service.ts';

/** Loaded when it is asked for: its curves take 20 ms, and most clouds never sign a digest. */
const ecdsa = () => import('./ecdsa-digest.ts');

interface Algorithm {
  readonly family: 'ECDSA' | 'RSASSA_PSS' | 'RSASSA_PKCS1_V1_5';
  /** 256, 384 or 512. */
  readonly bits: number;
}

export const SIGNING_ALGORITHMS: Record<string, readonly string[]> = {
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  ECC_NIST_P384: ['ECDSA_SHA_384'],
  RSA: ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((family) =>
    [256, 384, 512].map((bits) => `${family}_SHA_${bits}`),
  ),
};

export function algorithmsOf(keySpec: string): readonly string[] {
  return SIGNING_ALGORITHMS[keySpec.startsWith('RSA') ? 'RSA' : keySpec] ?? [];
}

function parseAlgorithm(name: string, keySpec: string): Algorithm {
  const [, family, bits] = /^(ECDSA|RSASSA_PSS|RSASSA_PKCS1_V1_5)_SHA_(256|384|512)$/.exec(name) ?? [];
  if (
    (family === 'ECDSA' || family === 'RSASSA_PSS' || family === 'RSASSA_PKCS1_V1_5') &&
    algorithmsOf(keySpec).includes(name)
  )
    return { family, bits: Number(bits) };
  throw new AwsError(
    'InvalidKeyUsageException',
    `Algorithm ${name} is incompatible with key spec ${keySpec}.`,
  );
}

/** DER heads of PKCS #1's DigestInfo (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO: Record<number, string> = {
  256: '3031300d060960864801650304020105000420',
  384: '3041300d060960864801650304020205000430',
  512: '3051300d060960864801650304020305000440',
};

function digestInfo(bits: number, digest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[bits] ?? '', 'hex'), digest]);
}

export interface Message {
  readonly content: Uint8Array;
  /** Whether `content` is the digest already. */
  readonly digested: boolean;
}

function checkMessage({ content, digested }: Message, bits: number): void {
  if (digested && content.length !== bits / 8)
    throw new AwsError('ValidationException', 'Digest is invalid length for algorithm.');
  if (!digested && content.length > 4096)
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: 'message' must have length less than or equal to 4096",
    );
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

export async function signMessage(
  key: KeyObject,
  keySpec: string,
  name: string,
  message: Message,
): Promise<Buffer> {
  const { family, bits } = parseAlgorithm(name, keySpec);
  checkMessage(message, bits);
  const { content, digested } = message;
  if (!digested) return sign(`sha${bits}`, content, family === 'RSASSA_PSS' ? { key, ...PSS } : key);
  if (family === 'ECDSA') return (await ecdsa()).signDigest(key, content);
  if (family === 'RSASSA_PKCS1_V1_5')
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(bits, content));
  throw notImplemented('kms', `Sign with ${name} over a digest`);
}

export async function verifyMessage(
  key: KeyObject,
  keySpec: string,
  name: string,
  message: Message,
  signature: Uint8Array,
): Promise<boolean> {
  const { family, bits } = parseAlgorithm(name, keySpec);
  checkMessage(message, bits);
  const { content, digested } = message;
  if (!digested)
    return verify(`sha${bits}`, content, family === 'RSASSA_PSS' ? { key, ...PSS } : key, signature);
  if (family === 'ECDSA') return (await ecdsa()).verifyDigest(key, content, signature);
  if (family !== 'RSASSA_PKCS1_V1_5') throw notImplemented('kms', `Verify with ${name} over a digest`);
  try {
    return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).equals(
      digestInfo(bits, content),
    );
  } catch {
    return false;
  }
}
