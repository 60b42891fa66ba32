import { expect, test } from 'vitest';
import { Masker } from '../../lib/domain/mask/index.ts';

/** Printed with a failure, so that it can be had again: `MASK_SEED=… npx vitest run test/agent/mask-planted.test.ts`. */
const SEED = Number(process.env.MASK_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** 2,280 masks in all; a search for what is left takes more: `MASK_SECRETS=5000`. */
const SECRETS = Number(process.env.MASK_SECRETS ?? 60);
/** No eight characters in a row of a secret, nor of what it was encoded to: of 20 that is less than half. */
const WINDOW = 8;

/** Mulberry32: the same numbers for the same seed. */
function numbers(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
type Random = ReturnType<typeof numbers>;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const text = (random: Random, alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[random(alphabet.length)]).join('');

/** Secrets as services make them. */
const SHAPES: ((random: Random) => string)[] = [
  (random) => `ghp_${text(random, LETTERS, 36)}`,
  (random) => `AKIA${text(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
  (random) => text(random, `${LETTERS}/+`, 40),
  (random) => text(random, '0123456789abcdef', 32 + random(33)),
  (random) => `npm_${text(random, LETTERS, 20 + random(60))}`,
  (random) => text(random, `${LETTERS}!#%&()*,-./:;<=>?@[]^_{|}~`, 12 + random(40)),
  (random) => `postgres://app:${text(random, LETTERS, 24)}@db.example.com:5432/app?sslmode=require`,
  (random) => `eyJhbGciOiJIUzI1NiJ9.${text(random, `${LETTERS}-_`, 80)}.${text(random, `${LETTERS}-_`, 43)}`,
  (random) =>
    `-----BEGIN KEY-----\n${[0, 1, 2].map(() => text(random, `${LETTERS}+/`, 64)).join('\n')}\n-----END KEY-----`,
  (random) => `pä${text(random, 'äöüß€', 4)}${text(random, LETTERS, 20)}`,
];

/** What stands before the secret: every alignment, and every place in a line. */
const prefixOf = (random: Random): string =>
  random(3) === 0 ? text(random, 'xyz:', random(4)) : text(random, `${LETTERS} :`, random(90));

function wrapped(line: string, columns: number, end = '\n', indent = ''): string {
  return (line.match(new RegExp(`.{1,${columns}}`, 'gs')) ?? []).map((part) => indent + part).join(end);
}

/** `xxd`, `hexdump -C`: an offset, bytes as numbers, and the same in letters. */
function dump(bytes: Buffer, write: (row: Buffer) => string): string {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, row) => {
    const part = bytes.subarray(row * 16, row * 16 + 16);
    const letters = part.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    return `${(row * 16).toString(16).padStart(8, '0')}: ${write(part)}  ${letters}`;
  }).join('\n');
}

const each = (bytes: Buffer, write: (byte: number) => string, between: string): string =>
  [...bytes].map(write).join(between);
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const words = (bytes: Buffer): number[] =>
  Array.from({ length: Math.floor(bytes.length / 2) }, (_, at) => bytes.readUInt16LE(at * 2));
const base32 = (bytes: Buffer): string => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('');
};
const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');

type Printed = (bytes: Buffer, random: Random, secret: string) => string;

const PRINTED: Record<string, Printed> = {
  'as it is': (bytes) => bytes.toString(),
  'base64 -w0': base64,
  base64: (bytes) => wrapped(base64(bytes), 76),
  'openssl base64': (bytes) => wrapped(base64(bytes), 64),
  'base64 -w n': (bytes, random) => wrapped(base64(bytes), 1 + random(100)),
  'base64 with CRLF': (bytes, random) => wrapped(base64(bytes), 20 + random(60), '\r\n'),
  'base64 in YAML': (bytes) => wrapped(base64(bytes), 76, '\n', '      '),
  'base64 in JSON': (bytes) => JSON.stringify({ key: wrapped(base64(bytes), 64) }),
  'base64 in a list': (bytes, random) => JSON.stringify(wrapped(base64(bytes), 4 + random(20)).split('\n')),
  'url-safe base64': (bytes) => bytes.toString('base64url'),
  'url-safe base64, folded': (bytes, random) => wrapped(bytes.toString('base64url'), 5 + random(60)),
  'base64 of base64': (bytes) => base64(wrapped(base64(bytes), 76)),
  'base64 of a JSON document': (bytes) => wrapped(base64(JSON.stringify({ auth: bytes.toString() })), 76),
  'base64 of a URL': (bytes) => wrapped(base64(encodeURIComponent(bytes.toString())), 76),
  base32: (bytes) => wrapped(base32(bytes), 76),
  hex: (bytes) => bytes.toString('hex'),
  'xxd -p': (bytes) => wrapped(bytes.toString('hex'), 60),
  'hex in capitals with colons': (bytes) => each(bytes, (byte) => hex(byte).toUpperCase(), ':'),
  xxd: (bytes) => dump(bytes, (row) => wrapped(row.toString('hex'), 4, ' ')),
  'hexdump -C': (bytes) => dump(bytes, (row) => each(row, hex, ' ')),
  hexdump: (bytes) =>
    dump(bytes, (row) =>
      words(row)
        .map((word) => word.toString(16).padStart(4, '0'))
        .join(' '),
    ),
  od: (bytes) =>
    dump(bytes, (row) =>
      words(row)
        .map((word) => word.toString(8).padStart(6, '0'))
        .join(' '),
    ),
  'od -b': (bytes) => dump(bytes, (row) => each(row, (byte) => byte.toString(8).padStart(3, '0'), ' ')),
  'od -c': (_, __, secret) => [...secret].join('   '),
  'a buffer': (bytes) => `<Buffer ${each(bytes, hex, ' ')}>`,
  'a list of bytes': (bytes) => `[${each(bytes, String, ', ')}]`,
  'a list of bytes in C': (bytes) => each(bytes, (byte) => `0x${hex(byte)}`, ', '),
  'escapes of C': (bytes) => each(bytes, (byte) => `\\x${hex(byte)}`, ''),
  'octal escapes': (bytes) => each(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`, ''),
  'numbers of HTML': (bytes) => each(bytes, (byte) => `&#${byte};`, ''),
  'percent, every byte': (bytes) => each(bytes, (byte) => `%${hex(byte)}`, ''),
  encodeURIComponent: (bytes) => encodeURIComponent(bytes.toString()),
  JSON: (bytes) => JSON.stringify(bytes.toString()),
  'JSON in JSON': (bytes) => JSON.stringify(JSON.stringify(bytes.toString())),
  'printf %q': (_, __, secret) => secret.replace(/[^\w@%+=:,./-]/g, '\\$&'),
  rev: (_, __, secret) =>
    secret
      .split('\n')
      .map((line) => [...line].reverse().join(''))
      .join('\n'),
  'fold -w n': (bytes, random) => wrapped(bytes.toString(), 1 + random(40)),
  characters: (_, __, secret) => JSON.stringify([...secret]),
};

/** How a reader would take the secret from what is left: the characters of an alphabet, over masks never. */
const READINGS: { letters: RegExp; window: number; texts: (secret: Buffer) => string[] }[] = [
  {
    letters: /[^\x21-\x7e\x80-\xff\0]/g,
    window: WINDOW,
    texts: (secret) => [secret.toString('latin1').replace(/\s/g, '')],
  },
  {
    letters: /[^A-Za-z0-9\0]/g,
    window: WINDOW,
    texts: (secret) => [secret.toString('latin1').replace(/[^A-Za-z0-9]/g, '')],
  },
  {
    letters: /[^A-Za-z0-9+/\0]/g,
    window: WINDOW,
    texts: (secret) =>
      [0, 1, 2].map((at) =>
        base64(Buffer.concat([Buffer.alloc(at), secret]))
          .replace(/=+$/, '')
          .slice(at === 0 ? 0 : at + 1, -1),
      ),
  },
  { letters: /[^0-9a-f\0]/g, window: 2 * WINDOW, texts: (secret) => [secret.toString('hex')] },
  {
    letters: /[^0-9\0]/g,
    window: 3 * WINDOW,
    texts: (secret) => [
      each(secret, String, ''),
      each(secret, (byte) => byte.toString(8).padStart(3, '0'), ''),
    ],
  },
];

function leftOver(shown: string, secret: string): string | undefined {
  for (const { letters, window, texts } of READINGS) {
    const read = shown.replaceAll('***', '\0').replaceAll('-', '+').replaceAll('_', '/').replace(letters, '');
    for (const whole of texts(Buffer.from(secret)))
      for (let at = 0; at + window <= whole.length; at += 1) {
        const piece = whole
          .slice(at, at + window)
          .replaceAll('-', '+')
          .replaceAll('_', '/');
        if (read.includes(piece)) return piece;
      }
  }
  return undefined;
}

function masked(masker: Masker, printed: Buffer, random: Random): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < printed.length; ) {
    const end = at + 1 + random(random(8) === 0 ? 5 : 4000);
    parts.push(masker.mask(printed.subarray(at, end)));
    at = end;
  }
  return Buffer.concat([...parts, masker.flush()]).toString('latin1');
}

test('of 60 secrets, printed in 38 ways, no eight characters in a row can be read back', () => {
  const random = numbers(SEED);
  const leaks: string[] = [];

  for (let count = 0; count < SECRETS; count += 1) {
    const secret = (SHAPES[count % SHAPES.length] as (random: Random) => string)(random);
    const masker = new Masker();
    masker.add([secret]);
    for (const [name, print] of Object.entries(PRINTED)) {
      const bytes = Buffer.from(prefixOf(random) + secret + prefixOf(random));
      const printed = Buffer.from(`out: ${print(bytes, random, secret)}\n`);
      const shown = masked(masker, printed, random);
      const left = leftOver(shown, secret);
      if (left !== undefined) leaks.push(`${name}: '${left}' of '${secret}' in:\n${shown}\nof\n${printed}`);
    }
  }

  expect(leaks.slice(0, 3).join('\n'), `${leaks.length} leaks with MASK_SEED=${SEED}`).toBe('');
});
