/** Secrets in what is printed are replaced by `***`, in whatever pieces the output comes. */
import { ROOT, Search } from './search.ts';
import { secretForms, spellings } from './secret-forms.ts';
import { secretWindows } from './secret-windows.ts';
import { Spans } from './spans.ts';
import { WindowTable } from './window-table.ts';
import { Windows } from './windows.ts';

export const MASK = '***';
const MASK_BYTES = Buffer.from(MASK);
const NOTHING = Buffer.alloc(0);
const NEWLINE = 0x0a;

/** A piece of a secret in columns of numbers is a line of a dump, which says the same again in letters. */
const COLUMNS_OF_A_DUMP = 2;

/**
 * Masks one stream of output. It looks for whole secrets in all forms that tools print (secret-forms.ts), and for pieces
 * of what tools break into lines and columns (secret-windows.ts). Bytes that may be the beginning of either are held
 * back until the next ones decide. A line that has ended waits for the next only when it ends in six characters of a
 * secret's form. No timer lets go of held bytes, or a secret that is written slowly would come out piece by piece.
 */
export class Masker {
  readonly #values = new Set<string>();
  #search: Search | undefined;
  #windows: Windows[] = [];
  #state: number = ROOT;
  /** What has come and has not been given out, how much of it was searched, and its place in the stream. */
  #held: Buffer = NOTHING;
  #searched = 0;
  #base = 0;
  /** Secrets found in what is held, counted from its first byte. */
  readonly #spans = new Spans();
  /** How many of the held bytes belong to a secret whose mask was given out. */
  #covered = 0;
  /** The rest of this line is of a dump; and a mask for its beginning was given out. */
  #blank = false;
  #isOpen = false;

  /** Values shorter than four bytes are not masked (secret-forms.ts says why). */
  add(values: readonly string[]): void {
    for (const value of values) this.#values.add(value);
    const all = [...this.#values].flatMap(spellings);
    const forms = all.flatMap(secretForms);
    this.#search = forms.length === 0 ? undefined : new Search(forms);
    this.#windows = secretWindows(all)
      .map((rule) => new WindowTable(rule))
      .filter(({ isEmpty }) => !isEmpty)
      .map((table) => new Windows(table));
    this.#state = ROOT;
    this.#searched = 0;
    this.#spans.clear();
  }

  /** @returns what can be shown now, of this chunk and of what was held; the chunk itself when there is nothing to hide */
  mask(chunk: Buffer): Buffer {
    const search = this.#search;
    if (search === undefined) return chunk;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#blank) this.#blankFrom(bytes, this.#searched);
    this.#state = search.read(bytes, this.#searched, this.#state, (start, end) =>
      this.#spans.add(start, end),
    );
    for (const windows of this.#windows)
      windows.read(bytes, this.#searched, this.#base, (start, end, columns) =>
        this.#noteWindow(bytes, start - this.#base, end - this.#base, columns),
      );
    return this.#take(bytes, this.#safe(bytes, search.depth(this.#state)));
  }

  /** @returns what is still held: nothing more is to come, so it is no secret */
  flush(): Buffer {
    this.#state = ROOT;
    for (const windows of this.#windows) windows.reset();
    const rest = this.#take(this.#held, this.#held.length);
    this.#covered = 0;
    this.#blank = false;
    this.#isOpen = false;
    return rest;
  }

  /** A text that stands by itself. */
  text(text: string): string {
    if (this.#search === undefined) return text;
    const bytes = Buffer.from(text);
    const whole = new Masker();
    whole.#search = this.#search;
    whole.#windows = this.#windows.map(({ table }) => new Windows(table));
    const masked = whole.mask(bytes);
    const rest = whole.flush();
    return masked === bytes ? text : Buffer.concat([masked, rest]).toString();
  }

  /** Line ends stay where they are: a log is read by lines. */
  #noteWindow(bytes: Buffer, from: number, end: number, columns: number): void {
    let start = Math.max(0, from);
    for (let at = bytes.indexOf(NEWLINE, start); at !== -1 && at < end; at = bytes.indexOf(NEWLINE, start)) {
      this.#spans.add(start, bytes[at - 1] === 0x0d ? at - 1 : at);
      start = at + 1;
    }
    this.#spans.add(start, end);
    if (columns >= COLUMNS_OF_A_DUMP) this.#blankFrom(bytes, end);
  }

  #blankFrom(bytes: Buffer, from: number): void {
    const at = bytes.indexOf(NEWLINE, from);
    this.#spans.add(from, at === -1 ? bytes.length : at);
    this.#blank = at === -1;
  }

  /** How many bytes can be given out: none that may be the beginning of what is looked for. */
  #safe(bytes: Buffer, depth: number): number {
    let safe = bytes.length - depth;
    const lineEnded = bytes.at(-1) === NEWLINE;
    for (const windows of this.#windows) {
      const from = Math.max(0, windows.heldFrom(this.#base + bytes.length) - this.#base);
      // What is masked already can go when its line has ended.
      if (from < safe && !(lineEnded && this.#spans.covers(from))) safe = from;
    }
    return safe;
  }

  /** Gives out the first `safe` bytes, with masks, and holds the rest. */
  #take(bytes: Buffer, safe: number): Buffer {
    const parts: Buffer[] = [];
    let shown = Math.min(this.#covered, safe);
    let covered = this.#covered;
    for (const span of this.#spans.takeBefore(Math.max(safe, covered))) {
      // The rest of a dump's line goes on with the mask that was given out.
      const goesOn = span.start < covered || (this.#isOpen && span.start === covered);
      if (!goesOn) parts.push(bytes.subarray(shown, span.start), MASK_BYTES);
      covered = Math.max(covered, span.end);
      shown = Math.min(covered, safe);
    }
    const whole = parts.length === 0 && shown === 0 && safe === bytes.length;
    parts.push(bytes.subarray(shown, safe));
    this.#isOpen = this.#blank && covered >= bytes.length;
    this.#held = bytes.subarray(safe);
    this.#searched = this.#held.length;
    this.#base += safe;
    this.#covered = Math.max(0, covered - safe);
    this.#spans.shift(safe);
    return whole ? bytes : Buffer.concat(parts);
  }
}
