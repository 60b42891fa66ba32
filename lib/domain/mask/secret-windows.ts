/**
 * The texts of which no piece may be shown, however a tool breaks them into lines and columns. Eight characters of
 * base64 are six bytes of the secret, twelve digits as much of a hex dump: too many to be there by chance (2^-48 for
 * each place of a log), and what is shorter tells less than a third of what an attacker has to guess of the shortest
 * token in use, 20 characters.
 */
import type { WindowRule } from './window-table.ts';

/** Of longer values (keys, certificates) only the forms that tools use for files: the others are of what people print. */
const DUMPED_MAX_BYTES = 1024;

export function secretWindows(values: readonly string[]): WindowRule[] {
  const bytes = values.map((value) => Buffer.from(value));
  return [
    { alphabet: BASE64, least: 8, texts: values.flatMap(encodedTexts) },
    { alphabet: DIGITS, least: 12, texts: bytes.flatMap(numberTexts) },
    // Text that was folded, and text that was spelled out: `h u n t e r 2`, `['h', 'u', …]`, `od -c`.
    { alphabet: VISIBLE, least: 8, texts: bytes.map((each) => kept(each, VISIBLE)), apart: 'newline' },
    { alphabet: VISIBLE, least: 8, texts: bytes.map((each) => kept(each, VISIBLE)), apart: 'each' },
    { alphabet: ALPHANUMERIC, least: 8, texts: bytes.map((each) => kept(each, ALPHANUMERIC)), apart: 'each' },
  ];
}

function alphabetOf(codeOf: (char: string, byte: number) => number | undefined): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => codeOf(String.fromCharCode(byte), byte) ?? 0);
}

/** Both alphabets of base64 as one (RFC 4648, section 5), and with it that of base32. */
const BASE64 = alphabetOf((char, byte) => {
  if (char === '-') return 0x2b;
  if (char === '_') return 0x2f;
  return /[A-Za-z0-9+/]/.test(char) ? byte : undefined;
});
/** Digits of hexadecimal numbers, and so of decimal and octal ones. */
const DIGITS = alphabetOf((char) =>
  /[0-9A-Fa-f]/.test(char) ? char.toLowerCase().charCodeAt(0) : undefined,
);
const VISIBLE = alphabetOf((_, byte) => (byte > 0x20 && byte !== 0x7f ? byte : undefined));
const ALPHANUMERIC = alphabetOf((char, byte) => (/[A-Za-z0-9]/.test(char) ? byte : undefined));

function kept(bytes: Buffer, alphabet: Uint8Array): string {
  return Buffer.from(bytes.map((byte) => alphabet[byte] ?? 0).filter((code) => code !== 0)).toString(
    'latin1',
  );
}

function encodedTexts(value: string): string[] {
  const cores = base64Cores(Buffer.from(value));
  if (Buffer.byteLength(value) > DUMPED_MAX_BYTES) return cores;
  const written = [JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
  // A value within a text that is encoded again, as Kubernetes does with `.dockerconfigjson`.
  const urlSafe = cores.flatMap((core) => [core, core.replaceAll('+', '-').replaceAll('/', '_')]);
  return [
    ...cores,
    ...[...written, ...urlSafe].flatMap((text) => base64Cores(Buffer.from(text))),
    ...base32Cores(Buffer.from(value)),
    // What PowerShell and Windows encode is UTF-16.
    ...base64Cores(Buffer.from(value, 'utf16le')),
  ];
}

/** The characters that the value alone decides, at each of the places that it may have among other bytes. */
export function base64Cores(value: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), value]).toString('base64');
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
  });
}

function base32Cores(value: Buffer): string[] {
  return [0, 1, 2, 3, 4].map((offset) => {
    const bits = [...Buffer.concat([Buffer.alloc(offset), value])].map((byte) =>
      byte.toString(2).padStart(8, '0'),
    );
    const groups = bits.join('').match(/.{5}/g) ?? [];
    const encoded = groups
      .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)])
      .join('');
    return encoded.slice(Math.ceil((offset * 8) / 5), Math.floor(((offset + value.length) * 8) / 5));
  });
}

/** Bytes as numbers, one after the other: what stands between them is passed over. */
function numberTexts(value: Buffer): string[] {
  const each = (write: (byte: number) => string) => [...value].map(write).join('');
  const hex = value.toString('hex');
  if (value.length > DUMPED_MAX_BYTES) return [hex];
  return [
    hex,
    each((byte) => `0${hexOf(byte)}`), // 0x68, 0x75
    each((byte) => `00${hexOf(byte)}`), // \u0068\u0075
    each((byte) => String(byte)), // [104, 117], &#104;&#117;
    each((byte) => byte.toString().padStart(3, '0')),
    each((byte) => byte.toString(8).padStart(3, '0')), // `od -b`
    // Words of two and four bytes, the last first: `od`, `od -x`, `hexdump`, `xxd -e`.
    ...words(value, 2).flatMap((some) => [join(some, 16, 4), join(some, 8, 6)]),
    ...words(value, 4).map((some) => join(some, 16, 8)),
  ];
}

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0');

/** The value as little-endian words, from each place that a word may begin at. */
function words(value: Buffer, size: 2 | 4): number[][] {
  return Array.from({ length: size }, (_, from) =>
    Array.from({ length: Math.floor((value.length - from) / size) }, (_, at) =>
      value.readUIntLE(from + at * size, size),
    ),
  );
}

const join = (numbers: readonly number[], radix: number, width: number): string =>
  numbers.map((number) => number.toString(radix).padStart(width, '0')).join('');
