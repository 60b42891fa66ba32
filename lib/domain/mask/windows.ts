/**
 * Finds pieces of long texts in a stream, where something else stands between their characters: the line breaks of
 * `base64`, the columns of a hex dump. Bytes outside an alphabet count for nothing, and each run of `least` characters
 * that stands in one of the texts is a find. So it makes no difference where a tool broke its lines, or what it encoded
 * before and after. Candidates are told by a rolling hash (Karp and Rabin, "Efficient randomized pattern-matching
 * algorithms", IBM J. Res. Dev. 31(2), 1987), and then compared.
 */

export interface WindowRule {
  /** What a byte counts as; 0 for one that is passed over. */
  readonly alphabet: Uint8Array;
  /** Texts in codes of the alphabet, a character a code. */
  readonly texts: readonly string[];
  /** So many characters in a row are a find. */
  readonly least: number;
  /**
   * `newline`: only what has a line's end in between, and then all that belongs to it on both lines; `each`: only what
   * has something between any two characters.
   */
  readonly apart?: 'newline' | 'each';
}

/** More between two characters than the indentation of a deep list, and they have nothing to do with each other. */
const WIDEST_GAP = 32;
/** At a line's end fewer than so many characters are let go of, or a tenth of all lines would wait for the next. */
const LEAST_HELD_AT_LINE_END = 6;
/** Of lines that were folded so many characters are looked back at: no terminal is wider. */
const WIDEST_LINE = 1024;
const FACTOR = 0x01000193;
const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const BACKSLASH = 0x5c;

/** A find: where it begins and ends (exclusive), counted from the stream's begin; `columns` is how often blanks stand between. */
export type Found = (start: number, end: number, columns: number) => void;

/** What is looked for: made once, and read by every stream. */
export class WindowTable {
  readonly rule: WindowRule;
  /** All texts, for comparisons; no alphabet has the character between them. */
  readonly joined: string;
  /** 1 where a hash that ends so may be of a find. */
  readonly filter: Uint8Array;
  /** What a character counts for when it leaves the window. */
  readonly outFactor: number;
  /** How many characters are looked back at, less one: a mask of bits. */
  readonly ring: number;
  readonly #hashes: ReadonlySet<number>;
  readonly #pieces: Uint8Array;

  constructor(rule: WindowRule) {
    const { least, apart } = rule;
    this.rule = rule;
    const long = [...new Set(rule.texts)].filter((text) => text.length >= least);
    this.joined = long.join('\0');
    this.outFactor = power(FACTOR, least);
    const longest = long.reduce((most, text) => Math.max(most, text.length), least);
    this.ring = powerOfTwo(apart === 'newline' ? Math.min(WIDEST_LINE, longest) : least) - 1;
    this.#hashes = hashesOf(long, least);
    this.filter = filterOf(this.#hashes);
    this.#pieces = filterOf(hashesOf(long, LEAST_HELD_AT_LINE_END));
  }

  get isEmpty(): boolean {
    return this.#hashes.size === 0;
  }

  /** Whether the text is a find. @param hash its hash */
  holds(hash: number, text: string): boolean {
    return this.#hashes.has(hash) && this.joined.includes(text);
  }

  /** false when no text has this piece of six characters. */
  mayHold(piece: string): boolean {
    if (piece.length < LEAST_HELD_AT_LINE_END) return false;
    const [hash = 0] = hashesOf([piece], LEAST_HELD_AT_LINE_END);
    return this.#pieces[hash & (this.#pieces.length - 1)] === 1;
  }
}

/** The rolling hashes of all windows of this length. */
function hashesOf(texts: readonly string[], length: number): Set<number> {
  const hashes = new Set<number>();
  const outFactor = power(FACTOR, length);
  for (const text of texts) {
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      const out = at >= length ? text.charCodeAt(at - length) : 0;
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at) - Math.imul(out, outFactor)) | 0;
      if (at >= length - 1) hashes.add(hash);
    }
  }
  return hashes;
}

/** Sixteen places for each hash: six of a hundred others are taken for one of them, and looked at twice. */
function filterOf(hashes: ReadonlySet<number>): Uint8Array {
  const filter = new Uint8Array(powerOfTwo(Math.max(4096, hashes.size * 16)));
  for (const hash of hashes) filter[hash & (filter.length - 1)] = 1;
  return filter;
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));

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

function power(factor: number, exponent: number): number {
  let result = 1;
  for (let count = 0; count < exponent; count += 1) result = Math.imul(result, factor);
  return result;
}
