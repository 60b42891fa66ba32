/** The CRC of adjacent pieces from the CRC of each, which the AWS packages that compute CRCs do not offer. */

/** Bit-reflected polynomials; all ones are the initial value and the final xor. */
const POLYNOMIALS = {
  CRC32: 0xedb88320n,
  CRC32C: 0x82f63b78n,
  CRC64NVME: 0x9a6c9329ac4bc9b5n,
} as const;
const WIDTH = { CRC32: 32n, CRC32C: 32n, CRC64NVME: 64n } as const;
export type CrcName = keyof typeof POLYNOMIALS;

/**
 * The CRC of two adjacent pieces from the CRC of each: crc(A)·x^(8·|B|) mod P, xor crc(B).
 * @param secondLength bytes of the second piece
 */
export function combineCrc(name: CrcName, first: Buffer, second: Buffer, secondLength: number): Buffer {
  const shifted = multiply(name, number(first), power(name, secondLength));
  const out = Buffer.from((shifted ^ number(second)).toString(16).padStart(first.length * 2, '0'), 'hex');
  return out;
}

function number(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** Product of two reflected polynomials modulo P: the coefficient of x^0 is the highest bit. */
function multiply(name: CrcName, a: bigint, b: bigint): bigint {
  const top = 1n << (WIDTH[name] - 1n);
  let product = 0n;
  let shifted = b;
  for (let bit = top; bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIALS[name] : shifted >> 1n;
  }
  return product;
}

/** Parts of an upload mostly have one size, so the last power is kept. */
const lastPower = new Map<CrcName, { length: number; value: bigint }>();

/** x^(8·length) mod P. */
function power(name: CrcName, length: number): bigint {
  const known = lastPower.get(name);
  if (known?.length === length) return known.value;
  const one = 1n << (WIDTH[name] - 1n);
  let square = one >> 8n;
  let value = one;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) value = multiply(name, value, square);
    square = multiply(name, square, square);
  }
  lastPower.set(name, { length, value });
  return value;
}
