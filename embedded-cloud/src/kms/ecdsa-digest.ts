/**
 * ECDSA over a digest that the caller has computed (KMS's `MessageType: DIGEST`; RAW messages end at 4,096 bytes), which
 * Node cannot do: it signs only what it has hashed itself.
 */
import type { KeyObject } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';

const CURVES = { 'P-256': p256, 'P-384': p384 } as const;

/** The digest as it is, in the DER sequence that KMS answers with, and with any `s` as others make it. */
const AS_KMS = { prehash: false, format: 'der', lowS: false } as const;

function curveOf(name: string | undefined) {
  if (name === 'P-256' || name === 'P-384') return CURVES[name];
  throw new Error(`no arithmetic for curve ${name}`);
}

const bytesOf = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');

/** @param digest as long as the curve's order @returns the signature in DER */
export function signDigest(privateKey: KeyObject, digest: Uint8Array): Buffer {
  const { crv, d } = privateKey.export({ format: 'jwk' });
  return Buffer.from(curveOf(crv).sign(digest, bytesOf(d), AS_KMS));
}

/** @param signature in DER; what is no such sequence is not valid */
export function verifyDigest(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { crv, x, y } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(0x04), bytesOf(x), bytesOf(y)]);
  return curveOf(crv).verify(signature, digest, point, AS_KMS);
}
