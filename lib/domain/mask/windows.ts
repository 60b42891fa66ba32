/**
 * Finds pieces of long texts in a stream, where something else stands between their characters: the line breaks of
 * `base64`, the columns of a hex dump. Bytes outside an alphabet count for nothing, and each run of `least` characters
 * that stands in one of the texts is a find. So it makes no difference where a tool broke its lines, or what it encoded
 * before and after. Candidates are told by a rolling hash (Karp and Rabin, "Efficient randomized pattern-matching
 * algorithms", IBM J. Res. Dev. 31(2), 1987), and then compared.
 */

import { FACTOR, LEAST_HELD_AT_LINE_END, type WindowTable } from './window-table.ts';

/** More between two characters than the indentation of a deep list, and they have nothing to do with each other. */
const WIDEST_GAP = 32;
const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const BACKSLASH = 0x5c;

/** A find: where it begins and ends (exclusive), counted from the stream's begin; `columns` is how often blanks stand between. */
export type Found = (start: number, end: number, columns: number) => void;

/** One stream. */
export class Windows {
  readonly table: WindowTable;
  /** Rings of the last characters: code, place, and how many columns came before. */
  readonly #codes: Uint8Array;
  readonly #positions: Float64Array;
  readonly #columnsAt: Float64Array;
  /** How many characters have come since something broke the row. */
  #count = 0;
  #hash = 0;
  #columns = 0;
  #lastPosition = -1;
  #newline = false;
  #escaped = false;
  /** Nothing but blanks has come since the last character. */
  #isColumn = true;
  /** The count at the last character that came after a line's end, or without anything before it. */
  #newlineAt = 0;
  #adjacentAt = 0;
  /** The count at the last find. */
  #foundAt = -1;

  constructor(table: WindowTable) {
    this.table = table;
    this.#codes = new Uint8Array(table.ring + 1);
    this.#positions = new Float64Array(table.ring + 1);
    this.#columnsAt = new Float64Array(table.ring + 1);
  }

  /** Reads bytes from `at` on. @param base the place of the first of the bytes in the stream */
  read(bytes: Uint8Array, at: number, base: number, found: Found): void {
    const { filter, outFactor, rule, ring } = this.table;
    const { alphabet, least, apart } = rule;
    const mask = filter.length - 1;
    const [codes, positions, columnsAt] = [this.#codes, this.#positions, this.#columnsAt];
    // Fields are read and written once a chunk: this is the loop that every byte of a log goes through.
    let [count, hash, columns, lastPosition] = [this.#count, this.#hash, this.#columns, this.#lastPosition];
    let [newline, escaped, isColumn] = [this.#newline, this.#escaped, this.#isColumn];
    let [newlineAt, adjacentAt] = [this.#newlineAt, this.#adjacentAt];
    for (let index = at; index < bytes.length; index += 1) {
      const byte = bytes[index] as number;
      const code = alphabet[byte] as number;
      if (code === 0) {
        if (byte === NEWLINE) newline = true;
        else if (byte !== SPACE && byte !== TAB) isColumn = false;
        escaped = byte === BACKSLASH;
        continue;
      }
      // Within JSON a line's end is `\n` and not a letter.
      if (escaped) {
        escaped = false;
        if (byte === 0x6e || byte === 0x72) {
          newline = true;
          continue;
        }
      }
      const position = base + index;
      const gap = position - lastPosition - 1;
      lastPosition = position;
      if (gap > WIDEST_GAP) {
        count = 0;
        hash = 0;
        newlineAt = 0;
        adjacentAt = 0;
        this.#foundAt = -1;
      }
      const out = count >= least ? (codes[(count - least) & ring] as number) : 0;
      hash = (Math.imul(hash, FACTOR) + code - Math.imul(out, outFactor)) | 0;
      const slot = count & ring;
      codes[slot] = code;
      positions[slot] = position;
      count += 1;
      if (gap === 0) adjacentAt = count;
      else if (isColumn) columns += 1;
      isColumn = true;
      columnsAt[slot] = columns;
      if (newline) {
        newlineAt = count;
        newline = false;
      }
      if (filter[hash & mask] === 0 || count < least) continue;
      // The window's first character may have anything before it.
      const first = count - least + 1;
      if (apart === 'newline' && newlineAt <= first && this.#foundAt !== count - 1) continue;
      if (apart === 'each' && adjacentAt > first) continue;
      this.#count = count;
      if (!this.table.holds(hash, this.#last(least))) continue;
      this.#foundAt = count;
      // A line's end tells that what stands before it belongs to the find too.
      const length = apart === 'newline' ? this.#longest(ring) : least;
      const begin = (count - length) & ring;
      found(positions[begin] as number, position + 1, columns - (columnsAt[begin] as number));
    }
    [this.#count, this.#hash, this.#columns, this.#lastPosition] = [count, hash, columns, lastPosition];
    [this.#newline, this.#escaped, this.#isColumn] = [newline, escaped, isColumn];
    [this.#newlineAt, this.#adjacentAt] = [newlineAt, adjacentAt];
  }

  /** From where on bytes may be the beginning of a find, given that the stream has come to `end`. */
  heldFrom(end: number): number {
    const { ring, rule } = this.table;
    if (end - this.#lastPosition > WIDEST_GAP || this.#count === 0) return end;
    if (this.#newline && !this.table.mayHold(this.#last(LEAST_HELD_AT_LINE_END))) return end;
    // Of what is found without more, a find's length and more was told of already.
    const most = rule.apart === 'newline' ? ring : rule.least - 1;
    const held = this.#longest(
      rule.apart === 'each' ? Math.min(most, this.#count - this.#adjacentAt + 1) : most,
    );
    if (held === 0 || (this.#newline && held < LEAST_HELD_AT_LINE_END)) return end;
    return this.#positions[(this.#count - held) & ring] ?? end;
  }

  /** What comes now has nothing to do with what has come. */
  reset(): void {
    this.#count = 0;
    this.#hash = 0;
    this.#newline = false;
    this.#escaped = false;
    this.#newlineAt = 0;
    this.#adjacentAt = 0;
    this.#foundAt = -1;
  }

  /** How many of the last characters stand in one of the texts, `most` at most. */
  #longest(most: number): number {
    const { joined } = this.table;
    const last = this.#last(most);
    let fits = 0;
    // What is part of a text, so is every part of it: twice as many are tried as long as they fit, then halves.
    for (let step = 1; step > 0; ) {
      const length = fits + step;
      const isPart = length <= last.length && joined.includes(last.slice(-length));
      if (isPart) {
        fits = length;
        step *= 2;
      } else step >>= 1;
    }
    return fits;
  }

  /** At most so many characters, the last of all. */
  #last(count: number): string {
    let text = '';
    for (let at = Math.max(0, this.#count - count); at < this.#count; at += 1)
      text += String.fromCharCode(this.#codes[at & this.table.ring] ?? 0);
    return text;
  }
}
