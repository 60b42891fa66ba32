import { spawnSync } from 'node:child_process';
import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Masker } from '../../lib/domain/mask/index.ts';
import { secretForms } from '../../lib/domain/mask/secret-forms.ts';

/** Everything that comes out for these chunks. */
function masked(secrets: readonly string[], chunks: readonly Buffer[]): string {
  const masker = new Masker();
  masker.add(secrets);
  return Buffer.concat([...chunks.map((chunk) => masker.mask(chunk)), masker.flush()]).toString('latin1');
}

function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const line = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: anyCharacter }),
  fc.stringMatching(/^[A-Za-z0-9+/=%_.-]{1,60}$/),
  fc.stringMatching(/^[ab]{4,12}$/),
);
const secret = fc.oneof(
  line,
  fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n')),
);
const secrets = fc.array(secret, { minLength: 1, maxLength: 5 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

test('whatever the chunks, no form of a secret is shown', () => {
  const piece = (values: readonly string[]) =>
    fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 12 }),
      fc.constantFrom(...values.flatMap(secretForms).map(String), '\n'),
    );
  const story = secrets.chain((values) => {
    const pieces =
      values.flatMap(secretForms).length === 0 ? fc.array(line) : fc.array(piece(values), { maxLength: 12 });
    return fc.tuple(fc.constant(values), pieces, cuts);
  });
  fc.assert(
    fc.property(story, ([values, pieces, places]) => {
      const text = Buffer.from(pieces.join(''));

      const shown = masked(values, inPieces(text, places)).split('***');

      for (const form of values.flatMap(secretForms))
        expect(shown.some((part) => part.includes(form.toString('latin1')))).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('whatever the chunks, nothing but the forms of secrets is masked', () => {
  // Of letters that no filler has, each once, so that no piece of one is in another.
  const token = fc.shuffledSubarray([...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'], {
    minLength: 10,
    maxLength: 24,
  });
  const filler = fc.stringMatching(/^[ .!|~é-]{1,40}$/);
  const story = fc.tuple(token, fc.array(filler, { minLength: 1, maxLength: 6 }), cuts);
  fc.assert(
    fc.property(story, ([letters, fillers, places]) => {
      const value = letters.join('');
      const forms = [value, Buffer.from(value).toString('hex'), JSON.stringify({ value }).slice(10, -2)];
      const text = fillers.map((text, at) => `${text}${forms[at % forms.length]}`).join('\n');

      const shown = masked([value], inPieces(Buffer.from(text), places));

      expect(shown).toBe(Buffer.from(fillers.map((text) => `${text}***`).join('\n')).toString('latin1'));
    }),
  );
});

// Made here and not by secret-forms.ts: what tools really print.
const ENCODERS: Record<string, (value: string) => string> = {
  'by itself': (value) => value,
  base64: (value) => Buffer.from(value).toString('base64'),
  'base64 of user:password': (value) => Buffer.from(`user:${value}`).toString('base64'),
  'base64 of a header': (value) => Buffer.from(`token ${value} and more`).toString('base64'),
  'url-safe base64 without padding': (value) => Buffer.from(`ab${value}\n`).toString('base64url'),
  encodeURIComponent: encodeURIComponent,
  'lower-case escapes': (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  'a form': (value) => new URLSearchParams({ secret: value }).toString(),
  'a URL': (value) => new URL(`https://example.com/?key=${encodeURIComponent(value)}`).href,
  JSON: (value) => JSON.stringify({ value }),
  'JSON in JSON': (value) => JSON.stringify({ message: JSON.stringify({ value }) }),
  hex: (value) => Buffer.from(value).toString('hex'),
};

test.each(Object.entries(ENCODERS))('no secret can be read back from the output: %s', (_, encode) => {
  const value = fc
    .string({ minLength: 8, maxLength: 80, unit: 'grapheme' })
    .filter((text) => !/[\r\n*]/.test(text) && text.trim() === text && text.isWellFormed());
  fc.assert(
    fc.property(value, cuts, (text, places) => {
      const printed = encode(text);

      const shown = masked([text], inPieces(Buffer.from(`>> ${printed} <<\n`), places));

      expect(shown).toContain('***');
      expect(shown.startsWith('>> ')).toBe(true);
      expect(shown).not.toContain(Buffer.from(printed).toString('latin1'));
    }),
    { numRuns: 200 },
  );
});

test('text without secrets comes through as it is, byte by byte', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, cuts, (text, places) => {
      expect(masked(['correct horse battery staple', 'hunter2-and-more'], inPieces(text, places))).toBe(
        text.toString('latin1'),
      );
    }),
  );
});

test('each line of a key is masked, as it is printed, indented, or in base64 of 76 columns', () => {
  const body = Array.from({ length: 5 }, (_, row) => `${'MIIEpAIBAAKCAQEA'.repeat(3)}row${row}QJBAJHGFDSAzx`);
  const key = `-----BEGIN PRIVATE KEY-----\n${body.join('\n')}\n-----END PRIVATE KEY-----\n`;
  const wrapped = (
    Buffer.from(key)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n');
  const printed = [key, key.replaceAll('\n', '\r\n'), key.replace(/^/gm, '    '), wrapped].join('\n--\n');

  const shown = masked([key], inPieces(Buffer.from(printed), [100, 200, 300, 1000]));

  for (const row of body) expect(shown).not.toContain(row.slice(-24));
  expect(shown.replace(/[\s*-]/g, '').replace(/[A-Za-z0-9+/=]{1,7}/g, '')).toBe('');
});

test('a secret that comes byte by byte is never seen in part, and the line’s end lets all go', () => {
  const masker = new Masker();
  masker.add(['hunter2']);

  const steps = [...'My hunter2! hunt\n'].map((char) => masker.mask(Buffer.from(char)).toString());

  expect(steps.join('')).toBe('My ***! hunt\n');
  expect(masker.flush()).toHaveLength(0);
});

test('a line that has ended is shown, but one that ends in six characters of a secret’s form', () => {
  const ends = fc.stringMatching(/^[ -~]{0,60}[.!?:)"]$/).filter((text) => !text.includes('hunter'));
  fc.assert(
    fc.property(ends, (text) => {
      const masker = new Masker();
      masker.add(['hunter2-and-more', 'correct horse battery staple']);

      masker.mask(Buffer.from(`${text}\n`));

      expect(masker.flush()).toHaveLength(0);
    }),
  );
});

test('a line that ends in a secret is shown, and so is one in base64', () => {
  const masker = new Masker();
  masker.add(['hunter2-and-more']);

  const shown = ['with hunter2-and-more\n', 'with aHVudGVyMi1hbmQtbW9yZQ==\n', 'a hunter2-\n'].map((each) =>
    masker.mask(Buffer.from(each)).toString(),
  );

  expect(shown).toEqual(['with ***\n', 'with ***Q==\n', 'a ']);
});

test('a line of a dump is masked from the first piece of a secret to its end, and the next is not', () => {
  const dump =
    '00000000: 6875 6e74 6572 322d 616e 642d 6d6f 7265  hunter2-and-more\n00000010: 0a\nand so on\n';

  const shown = masked(['hunter2-and-more'], inPieces(Buffer.from(dump), [12, 40, 60, 61]));

  expect(shown).toBe('00000000: ***\n00000010: 0a\nand so on\n');
});

/** Whatever a machine's is: dash's echo interprets escapes, bash's does not. */
const SHELL = '/bin/sh';

test.each([
  ['a tab and a line break', 'pass\\tword\\new7secret9'],
  ['an octal number', 'begin\\0101middle\\060ending'],
  ['backslashes', 'C:\\\\share\\\\token-4711'],
  ['an end of output', 'first-part\\cand-the-rest'],
])('what the shell makes of escapes in a secret is masked: %s', (_, secret) => {
  const script = 'echo "$SECRET"; printf "%b\\n" "$SECRET"; echo "$SECRET" | base64';
  const { stdout } = spawnSync(SHELL, ['-c', script], { env: { ...process.env, SECRET: secret } });

  const shown = masked([secret], [stdout]);

  for (const piece of secret.split(/\\+[a-z]?[0-9]*/).filter(({ length }) => length >= 6))
    expect(shown).not.toContain(piece);
  expect(shown).toContain('***');
});

test('base64 of a secret in UTF-16 is masked, as PowerShell encodes it', () => {
  const secret = 'correct-horse-9battery';
  const encoded = Buffer.from(`x${secret}`, 'utf16le').toString('base64');

  const shown = masked([secret], [Buffer.from(encoded)]);

  expect(Buffer.from(shown.split('***')[0] ?? '', 'base64').toString('utf16le')).not.toContain('corre');
  expect(shown.replaceAll('***', '').length).toBeLessThan(12);
});

test('values of three characters and less are not masked', () => {
  expect(masked(['a', 'abc', '', '\n', '****'], [Buffer.from('abcabc ****')])).toBe('abcabc ****');
});

test('of secrets that overlap nothing is left over', () => {
  expect(masked(['abcdef', 'efghij', 'abcd'], [Buffer.from('x abcdefghij abcdefx')])).toBe('x *** ***x');
});

test('a secret that is added later is masked, even when its beginning was held', () => {
  const masker = new Masker();
  masker.add(['hunter2']);

  const first = masker.mask(Buffer.from('a hunte'));
  masker.add(['hunter-gatherer']);
  const second = masker.mask(Buffer.from('r-gatherer b\n'));

  expect(`${first}${second}`).toBe('a *** b\n');
});

test('a text is masked by itself, whatever is held', () => {
  const masker = new Masker();
  masker.add(['pässwörd']);
  masker.mask(Buffer.from('päss'));

  expect(masker.text('the pässwörd is pässwörd, or päss')).toBe('the *** is ***, or päss');
  expect(masker.text('nothing')).toBe('nothing');
});
