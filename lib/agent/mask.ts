/** Secrets in what is printed are replaced by `***`, in whatever pieces the output comes. */
import { ROOT, Search } from './search.ts';
import { secretForms } from './secret-forms.ts';

export const MASK = '***';
const MASK_BYTES = Buffer.from(MASK);
const NOTHING = Buffer.alloc(0);

interface Span {
  start: number;
  end: number;
}

/**
 * Masks one stream of output. Bytes that may be the beginning of a secret are held back until the next ones decide,
 * at the end of their line at the latest, as no form of a secret goes beyond it. So what is held is never longer than
 * the longest form and delays nobody: logs are of lines, and a line is shown when it has ended. No timer lets go of
 * held bytes, or a secret that is written slowly would come out piece by piece.
 */
export class Masker {
  readonly #values = new Set<string>();
  #search: Search | undefined;
  #state: number = ROOT;
  /** What has come and has not been given out, and how much of it was searched. */
  #held: Buffer = NOTHING;
  #searched = 0;
  /** Secrets found in what is held. */
  #spans: Span[] = [];
  /** How many of the held bytes belong to a secret whose mask was given out. */
  #covered = 0;

  /** Values shorter than four bytes are not masked (secret-forms.ts says why). */
  add(values: readonly string[]): void {
    for (const value of values) this.#values.add(value);
    const forms = [...this.#values].flatMap(secretForms);
    this.#search = forms.length === 0 ? undefined : new Search(forms);
    this.#state = ROOT;
    this.#searched = 0;
    this.#spans = [];
  }

  /** @returns what can be shown now, of this chunk and of what was held; the chunk itself when there is nothing to hide */
  mask(chunk: Buffer): Buffer {
    const search = this.#search;
    if (search === undefined) return chunk;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#state = search.read(bytes, this.#searched, this.#state, (start, end) => this.#note(start, end));
    return this.#give(bytes, bytes.length - search.depth(this.#state));
  }

  /** @returns what is still held: nothing more is to come, so it is no secret */
  flush(): Buffer {
    this.#state = ROOT;
    const rest = this.#give(this.#held, this.#held.length);
    this.#covered = 0;
    return rest;
  }

  /** A text that stands by itself. */
  text(text: string): string {
    const search = this.#search;
    if (search === undefined) return text;
    const bytes = Buffer.from(text);
    const whole = new Masker();
    whole.#search = search;
    const masked = whole.mask(bytes);
    const rest = whole.flush();
    return masked === bytes ? text : Buffer.concat([masked, rest]).toString();
  }

  /** Secrets that overlap become one. */
  #note(start: number, end: number): void {
    let from = start;
    for (let last = this.#spans.at(-1); last !== undefined && last.end > start; last = this.#spans.at(-1)) {
      from = Math.min(from, last.start);
      this.#spans.pop();
    }
    this.#spans.push({ start: from, end });
  }

  /** Gives out the first `safe` bytes, with masks, and holds the rest. */
  #give(bytes: Buffer, safe: number): Buffer {
    const parts: Buffer[] = [];
    let shown = Math.min(this.#covered, safe);
    let covered = this.#covered;
    for (
      let span = this.#spans[0];
      span !== undefined && span.start < Math.max(safe, covered);
      span = this.#spans[0]
    ) {
      if (span.start >= covered) parts.push(bytes.subarray(shown, span.start), MASK_BYTES);
      covered = Math.max(covered, span.end);
      shown = Math.min(covered, safe);
      this.#spans.shift();
    }
    const whole = parts.length === 0 && shown === 0 && safe === bytes.length;
    parts.push(bytes.subarray(shown, safe));
    this.#held = bytes.subarray(safe);
    this.#searched = this.#held.length;
    this.#covered = Math.max(0, covered - safe);
    for (const span of this.#spans) {
      span.start -= safe;
      span.end -= safe;
    }
    return whole ? bytes : Buffer.concat(parts);
  }
}
