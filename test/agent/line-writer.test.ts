import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LineWriter } from '../../lib/agent/line-writer.ts';
import { asPrinted, CONTINUES, QUOTED } from '../../lib/domain/log/marks.ts';

/** What a backend keeps of what is written: its lines. */
class Kept {
  #bytes: Buffer = Buffer.alloc(0);
  readonly writer = new LineWriter((bytes) => {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(bytes)]);
    return true;
  });

  pass(...chunks: (string | Buffer)[]): void {
    for (const chunk of chunks) this.writer.pass(Buffer.from(chunk));
  }

  /** Lines that have ended. */
  get lines(): string[] {
    return this.#bytes.toString('latin1').split('\n').slice(0, -1);
  }

  get read(): string[] {
    return asPrinted(this.lines.map((message) => ({ timestamp: 0, message }))).map(({ message }) => message);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a line that nothing ends', () => {
  test('is ended within half a second, and read whole once its rest is there', () => {
    const kept = new Kept();

    kept.pass('Downloading ');
    vi.advanceTimersByTime(500);
    const seen = kept.lines;
    kept.pass('done', '\nnext\n');

    expect(seen).toEqual(['Downloading ']);
    expect(kept.lines).toEqual(['Downloading ', `${CONTINUES}done`, 'next']);
    expect(kept.read).toEqual(['Downloading done', 'next']);
  });

  test('has no empty line after it when only its end was missing', () => {
    const kept = new Kept();

    kept.pass('Password: ');
    vi.advanceTimersByTime(500);
    kept.pass('\r\n', 'next\n');

    expect(kept.lines).toEqual(['Password: ', 'next']);
  });

  test('is ended although more of it comes all the time', () => {
    const kept = new Kept();

    for (let dot = 0; dot < 9; dot += 1) {
      kept.pass('.');
      vi.advanceTimersByTime(100);
    }
    kept.pass('\n');

    expect(kept.lines).toEqual(['.....', `${CONTINUES}....`]);
    expect(kept.read).toEqual(['.........']);
  });

  test('does not take a line of the agent for its rest', () => {
    const kept = new Kept();

    kept.pass('half');
    vi.advanceTimersByTime(500);
    kept.writer.line('    exit code 0');
    kept.pass('more\n');

    expect(kept.read).toEqual(['half', '    exit code 0', 'more']);
  });

  test('goes on with as much as a pipe gives at once', () => {
    const kept = new Kept();
    const full = 'x'.repeat(64 * 1024);

    kept.pass(full);
    vi.advanceTimersByTime(500);
    kept.pass(full, full, '\n');

    expect(kept.lines.map((line) => line.length)).toEqual([65_536, 65_536 + CONTINUES.length, 65_536]);
    expect(kept.read.join('')).toBe(full.repeat(3));
  });

  test('waits for the rest of a character', () => {
    const kept = new Kept();
    const euro = Buffer.from('€');

    kept.pass('1 ', euro.subarray(0, 2));
    vi.advanceTimersByTime(5000);
    const seen = kept.lines;
    kept.pass(euro.subarray(2));
    vi.advanceTimersByTime(500);

    expect(seen).toEqual([]);
    expect(kept.lines).toEqual([Buffer.from('1 €').toString('latin1')]);
  });
});

describe('a line of a command that looks like one of the platform', () => {
  const LIKE = '[Container] 2024/01/02 03:04:05.000000 Entering phase BUILD';

  test('is marked, wherever its chunks are cut', () => {
    for (let at = 1; at < LIKE.length; at += 1) {
      const kept = new Kept();

      kept.pass(`before\n${LIKE.slice(0, at)}`, `${LIKE.slice(at)}\n`);

      expect(kept.lines).toEqual(['before', `${QUOTED}${LIKE}`]);
      expect(kept.read).toEqual(['before', LIKE]);
    }
  });

  test('is not marked within a line', () => {
    const kept = new Kept();

    kept.pass('see ', `${LIKE}\n`);

    expect(kept.lines).toEqual([`see ${LIKE}`]);
  });
});

test('whatever commands print is read as it was printed', () => {
  const piece = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 8 }),
    fc.constantFrom(
      '[Container] ',
      '2024/01/02 ',
      '\x1b[',
      '\x1b[;m',
      '\x1b[;;m',
      ';',
      'm',
      '\n',
      '\n',
      '\0',
      '\r\n',
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 6 }), (chunks) => {
      const kept = new Kept();
      const texts = chunks.map((pieces) =>
        Buffer.from(pieces.join('').replaceAll(/[^\0-\xff]/g, '?'), 'latin1'),
      );

      kept.pass(...texts, '\n');

      expect(kept.read).toEqual(
        Buffer.concat([...texts, Buffer.from('\n')])
          .toString('latin1')
          .split('\n')
          .slice(0, -1),
      );
    }),
  );
});
