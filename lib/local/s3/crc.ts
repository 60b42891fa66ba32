/**
 * CRC-32C and CRC-64/NVME, which Node does not have, and the combination of CRCs of adjacent pieces. Both are
 * "reflected" CRCs with all ones as initial value and final xor. Tables by the slicing-by-8 method (Kounavis and
 * Berry, "A Systematic Approach to Building High Performance Software-based CRC Generators", 2005).
 */

/** Bit-reflected polynomials. */
const POLYNOMIALS = {
  CRC32: 0xedb88320n,
  CRC32C: 0x82f63b78n,
  CRC64NVME: 0x9a6c9329ac4bc9b5n,
} as const;
const WIDTH = { CRC32: 32n, CRC32C: 32n, CRC64NVME: 64n } as const;
export type CrcName = keyof typeof POLYNOMIALS;

/** Eight tables of 256 entries, one after the other; `high` is all zero for a CRC of 32 bits. */
interface Tables {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

function tables(name: CrcName): Tables {
  const low = new Int32Array(8 * 256);
  const high = new Int32Array(8 * 256);
  const values: bigint[] = [];
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIALS[name] : crc >> 1n;
    values.push(crc);
  }
  let row = values;
  for (let slice = 0; slice < 8; slice++) {
    row.forEach((crc, byte) => {
      low[slice * 256 + byte] = Number(BigInt.asIntN(32, crc));
      high[slice * 256 + byte] = Number(BigInt.asIntN(32, crc >> 32n));
    });
    row = row.map((crc) => (crc >> 8n) ^ (values[Number(crc & 255n)] ?? 0n));
  }
  return { low, high };
}

/** A running CRC; `tables` are made at first use, as most processes never need them. */
export class Crc {
  static readonly #tables = new Map<CrcName, Tables>();
  readonly #name: 'CRC32C' | 'CRC64NVME';
  readonly #table: Tables;
  #low = -1;
  #high: number;

  constructor(name: 'CRC32C' | 'CRC64NVME') {
    this.#name = name;
    this.#table = Crc.#tables.get(name) ?? tables(name);
    Crc.#tables.set(name, this.#table);
    this.#high = name === 'CRC32C' ? 0 : -1;
  }

  update(chunk: Uint8Array): void {
    if (this.#name === 'CRC32C') this.#update32(chunk);
    else this.#update64(chunk);
  }

  #update32(data: Uint8Array): void {
    const t = this.#table.low;
    let crc = this.#low;
    let i = 0;
    for (const end = data.length - 7; i < end; i += 8) {
      crc ^= at(data, i) | (at(data, i + 1) << 8) | (at(data, i + 2) << 16) | (at(data, i + 3) << 24);
      crc =
        at(t, 1792 + (crc & 255)) ^
        at(t, 1536 + ((crc >>> 8) & 255)) ^
        at(t, 1280 + ((crc >>> 16) & 255)) ^
        at(t, 1024 + (crc >>> 24)) ^
        at(t, 768 + at(data, i + 4)) ^
        at(t, 512 + at(data, i + 5)) ^
        at(t, 256 + at(data, i + 6)) ^
        at(t, at(data, i + 7));
    }
    for (; i < data.length; i++) crc = (crc >>> 8) ^ at(t, (crc ^ at(data, i)) & 255);
    this.#low = crc;
  }

  #update64(data: Uint8Array): void {
    const l = this.#table.low;
    const h = this.#table.high;
    let low = this.#low;
    let high = this.#high;
    let i = 0;
    for (const end = data.length - 7; i < end; i += 8) {
      low ^= at(data, i) | (at(data, i + 1) << 8) | (at(data, i + 2) << 16) | (at(data, i + 3) << 24);
      high ^= at(data, i + 4) | (at(data, i + 5) << 8) | (at(data, i + 6) << 16) | (at(data, i + 7) << 24);
      const a = 1792 + (low & 255);
      const b = 1536 + ((low >>> 8) & 255);
      const c = 1280 + ((low >>> 16) & 255);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 255);
      const f = 512 + ((high >>> 8) & 255);
      const g = 256 + ((high >>> 16) & 255);
      const k = high >>> 24;
      low = at(l, a) ^ at(l, b) ^ at(l, c) ^ at(l, d) ^ at(l, e) ^ at(l, f) ^ at(l, g) ^ at(l, k);
      high = at(h, a) ^ at(h, b) ^ at(h, c) ^ at(h, d) ^ at(h, e) ^ at(h, f) ^ at(h, g) ^ at(h, k);
    }
    for (; i < data.length; i++) {
      const entry = (low ^ at(data, i)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(l, entry);
      high = (high >>> 8) ^ at(h, entry);
    }
    this.#low = low;
    this.#high = high;
  }

  /** Big-endian bytes, as S3 puts them into base64. */
  digest(): Buffer {
    const out = Buffer.alloc(this.#name === 'CRC32C' ? 4 : 8);
    if (this.#name === 'CRC32C') out.writeInt32BE(~this.#low);
    else {
      out.writeInt32BE(~this.#high, 0);
      out.writeInt32BE(~this.#low, 4);
    }
    return out;
  }
}

/** An element that is there: indexes here come from bytes and loop bounds. */
function at(array: Uint8Array | Int32Array, index: number): number {
  return array[index] as number;
}

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
