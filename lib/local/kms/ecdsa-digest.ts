/**
 * ECDSA over a digest that the caller has computed (KMS's `MessageType: DIGEST`; RAW messages end at 4,096 bytes).
 * Node can only sign what it hashes itself, so FIPS 186-5 section 6.4 is written out here. It takes no care about
 * timing: fit for a developer's own machine, not for keys that guard anything.
 */
import { type KeyObject, randomBytes } from 'node:crypto';

interface Curve {
  readonly p: bigint;
  readonly n: bigint;
  readonly g: Point;
  /** Bytes of a coordinate. */
  readonly bytes: number;
}
interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** SP 800-186 section 3.2.1; `a` is -3 on both. */
const CURVES: Record<string, Curve> = {
  'P-256': {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    g: {
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    },
    bytes: 32,
  },
  'P-384': {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    g: {
      x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    },
    bytes: 48,
  },
};

const modulo = (value: bigint, m: bigint) => ((value % m) + m) % m;
const toBigInt = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
const toBytes = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');

/** By the extended Euclidean algorithm. */
function inverse(value: bigint, m: bigint): bigint {
  let [r0, r1, t0, t1] = [m, modulo(value, m), 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, t0, t1] = [r1, r0 - quotient * r1, t1, t0 - quotient * t1];
  }
  return modulo(t0, m);
}

/** Point addition; undefined is the point at infinity. */
function add({ p }: Curve, a: Point | undefined, b: Point | undefined): Point | undefined {
  if (!a || !b) return a ?? b;
  if (a.x === b.x && a.y !== b.y) return undefined;
  const slope =
    a.x === b.x
      ? modulo((3n * a.x * a.x - 3n) * inverse(2n * a.y, p), p)
      : modulo((b.y - a.y) * inverse(b.x - a.x, p), p);
  const x = modulo(slope * slope - a.x - b.x, p);
  return { x, y: modulo(slope * (a.x - x) - a.y, p) };
}

function multiply(curve: Curve, factor: bigint, point: Point): Point | undefined {
  let sum: Point | undefined;
  let power: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(curve, sum, power);
    power = add(curve, power, power);
  }
  return sum;
}

function parts(key: KeyObject): { curve: Curve; d: bigint; q: Point } {
  const { crv = '', d = '', x = '', y = '' } = key.export({ format: 'jwk' });
  const curve = CURVES[crv];
  if (!curve) throw new Error(`no arithmetic for curve ${crv}`);
  const number = (text: string) => toBigInt(Buffer.from(text, 'base64url'));
  return { curve, d: number(d), q: { x: number(x), y: number(y) } };
}

/** @param digest as long as the curve's order @returns `r` and `s`, each in the length of a coordinate (IEEE P1363) */
export function signDigest(privateKey: KeyObject, digest: Uint8Array): Buffer {
  const { curve, d } = parts(privateKey);
  for (;;) {
    // Eight bytes more than needed make the bias of the reduction negligible (FIPS 186-5, A.3.1).
    const k = modulo(toBigInt(randomBytes(curve.bytes + 8)), curve.n);
    const r = modulo(multiply(curve, k, curve.g)?.x ?? 0n, curve.n);
    const s = modulo(inverse(k, curve.n) * (toBigInt(digest) + r * d), curve.n);
    if (k !== 0n && r !== 0n && s !== 0n)
      return Buffer.concat([toBytes(r, curve.bytes), toBytes(s, curve.bytes)]);
  }
}

export function verifyDigest(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { curve, q } = parts(publicKey);
  if (signature.length !== 2 * curve.bytes) return false;
  const r = toBigInt(signature.subarray(0, curve.bytes));
  const s = toBigInt(signature.subarray(curve.bytes));
  if (r <= 0n || s <= 0n || r >= curve.n || s >= curve.n) return false;
  const w = inverse(s, curve.n);
  const point = add(
    curve,
    multiply(curve, modulo(toBigInt(digest) * w, curve.n), curve.g),
    multiply(curve, modulo(r * w, curve.n), q),
  );
  return point !== undefined && modulo(point.x, curve.n) === r;
}

/** `r` and `s` side by side into the DER sequence that KMS answers with. */
export function toDer(signature: Uint8Array): Buffer {
  const integer = (bytes: Uint8Array) => {
    const hex = toBigInt(bytes).toString(16);
    const even = hex.length % 2 ? `0${hex}` : hex;
    const body = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
    return Buffer.concat([Buffer.from([0x02, body.length]), body]);
  };
  const half = signature.length / 2;
  const body = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** The reverse of `toDer` for a coordinate length; undefined when it is no such sequence. */
export function fromDer(der: Uint8Array, bytes: number): Buffer | undefined {
  const buffer = Buffer.from(der);
  const r = integerAt(buffer, 2);
  const s = r && integerAt(buffer, r.end);
  if (buffer[0] !== 0x30 || buffer[1] !== buffer.length - 2 || !s || s.end !== buffer.length)
    return undefined;
  if (r.value >= 1n << BigInt(8 * bytes) || s.value >= 1n << BigInt(8 * bytes)) return undefined;
  return Buffer.concat([toBytes(r.value, bytes), toBytes(s.value, bytes)]);
}

function integerAt(buffer: Buffer, at: number): { value: bigint; end: number } | undefined {
  const end = at + 2 + (buffer[at + 1] ?? 0);
  if (buffer[at] !== 0x02 || end > buffer.length) return undefined;
  return { value: toBigInt(buffer.subarray(at + 2, end)), end };
}
