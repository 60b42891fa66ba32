/** The forms in which a secret may be printed: by itself, and as tools encode it. */
import { base64Cores } from './secret-windows.ts';

/**
 * Shorter values are not masked. Three characters are in every log: their masks would make it unreadable, and would
 * tell the value by what they hide. Four bytes are the shortest whose base64 core has four characters in each alignment.
 */
export const LEAST_BYTES = 4;
/** Of shorter values a spelling in capitals, or from the end, may be a word like any other. */
const LEAST_RESPELLED_BYTES = 8;

/**
 * A value as it is, and as `echo` prints it where that interprets escapes: dash's always does, bash's with `-e`, and
 * `printf %b` too (POSIX, echo and printf). `\c` ends the output.
 */
export function spellings(value: string): string[] {
  if (!value.includes('\\')) return [value];
  const printed = value
    .replace(/\\c.*$/s, '')
    .replace(
      /\\(?:([abfnrtv\\])|x([0-9a-fA-F]{1,2})|0?([0-7]{1,3}))/g,
      (_, letter?: string, hex?: string, octal?: string) =>
        letter === undefined
          ? String.fromCharCode(Number.parseInt(hex ?? octal ?? '0', hex === undefined ? 8 : 16) & 0xff)
          : (CONTROLS[letter] ?? letter),
    );
  return printed === value ? [value] : [value, printed];
}

const CONTROLS: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

/**
 * Every form of a value that is looked for, as bytes. A value of several lines counts by its lines too, as programs
 * print and indent it by lines; none of the forms has a line break: what tools break into lines is in secret-windows.ts.
 */
export function secretForms(value: string): Buffer[] {
  const parts = new Set([value, value.trim(), ...value.split(/\r\n|\r|\n/).map((line) => line.trim())]);
  const forms = new Set<string>();
  for (const part of parts)
    if (Buffer.byteLength(part) >= LEAST_BYTES)
      for (const form of [...textForms(part), ...base64Forms(Buffer.from(part)), ...hexForms(part)])
        forms.add(form);
  return [...forms]
    .filter((form) => !/[\r\n]/.test(form) && !/^\*+$/.test(form))
    .map((form) => Buffer.from(form))
    .filter((form) => form.length >= LEAST_BYTES);
}

function textForms(value: string): string[] {
  return [
    value,
    ...respelled(value),
    ...jsonForms(value),
    ...percentForms(value),
    ...shellForms(value),
    ...markupForms(value),
  ];
}

/** As in JSON: plain; with `\/` (PHP); in ASCII only (Python); with `<>&` escaped (Go); and all within JSON again. */
function jsonForms(value: string): string[] {
  const plain = inJson(value);
  const ascii = plain.replace(/[\u0080-\uffff]/g, unicodeEscape);
  const html = plain.replace(/[<>&\u2028\u2029]/g, unicodeEscape);
  const once = [plain, plain.replaceAll('/', '\\/'), ascii, upperEscapes(ascii), html, upperEscapes(html)];
  return [...once, ...once.map(inJson)];
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
const unicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const upperEscapes = (text: string): string =>
  text.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`);

/** Characters that encoders of URLs leave as they are, beside letters and digits. */
const KEPT_BY_ENCODERS = [
  '-_.~', // RFC 3986, section 2.3
  "-_.!~*'()", // JavaScript's encodeURIComponent
  '-_.~/', // Python's urllib.parse.quote
  "-_.!~*'();/?:@&=+$,#", // JavaScript's encodeURI
  '-_.!~*()', // encodeURIComponent, put into a URL (WHATWG URL, special-query set)
  '-_.!~*();/?:@&=+$,[]\\^`{|}', // a text put into the query of a URL as it is
  '*-._', // application/x-www-form-urlencoded (WHATWG URL)
  '', // every byte that is no letter or digit
];

function percentForms(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms = KEPT_BY_ENCODERS.map((kept) =>
    percent(bytes, (char) => /[A-Za-z0-9]/.test(char) || kept.includes(char)),
  );
  forms.push(percent(bytes, () => false));
  return forms.flatMap((form) => {
    const lower = form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
    return [form, lower, form.replaceAll('%20', '+'), lower.replaceAll('%20', '+')];
  });
}

function percent(bytes: Buffer, keeps: (char: string) => boolean): string {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    text += byte < 0x80 && keeps(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** From the end (`rev`), and in one case (`tr a-z A-Z`). */
function respelled(value: string): string[] {
  if (Buffer.byteLength(value) < LEAST_RESPELLED_BYTES) return [];
  return [[...value].reverse().join(''), value.toUpperCase(), value.toLowerCase()];
}

/** A quote within quotes, as `set -x` of bash and of dash show it; with backslashes, as `printf %q` and Python's `repr`. */
function shellForms(value: string): string[] {
  return [
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    value.replace(/[^\w@%+=:,./-]/g, '\\$&'),
    value.replace(/["$`\\]/g, '\\$&'),
    value.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
  ];
}

/** In HTML and XML, with the names and numbers that serializers write. */
function markupForms(value: string): string[] {
  const plain = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = plain.replaceAll('"', '&quot;');
  return [
    plain,
    quoted,
    ...['&#39;', '&#x27;', '&apos;', '&#039;'].map((quote) => quoted.replaceAll("'", quote)),
  ];
}

function hexForms(value: string): string[] {
  const hex = Buffer.from(value).toString('hex');
  return [hex, hex.toUpperCase()];
}

/**
 * Base64 with the value at any place of what is encoded (`user:password`): three alignments, of each the characters
 * that the value alone decides. So padding, or what stands before and after it, makes no difference (RFC 4648).
 */
function base64Forms(value: Buffer): string[] {
  return base64Cores(value).flatMap((core) => [core, core.replaceAll('+', '-').replaceAll('/', '_')]);
}
