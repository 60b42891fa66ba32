/** What windows are compared with: texts, and the hashes of all their pieces of one length. */

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

/** At a line's end fewer than so many characters are let go of, or a tenth of all lines would wait for the next. */
export const LEAST_HELD_AT_LINE_END = 6;
/** Of lines that were folded so many characters are looked back at: no terminal is wider. */
const WIDEST_LINE = 1024;
export const FACTOR = 0x01000193;

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

function power(factor: number, exponent: number): number {
  let result = 1;
  for (let count = 0; count < exponent; count += 1) result = Math.imul(result, factor);
  return result;
}
