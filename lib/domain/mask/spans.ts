/** Parts of a text, in order; those that touch are one. */
export interface Span {
  start: number;
  end: number;
}

export class Spans {
  #spans: Span[] = [];

  add(start: number, end: number): void {
    if (end <= start) return;
    let at = this.#spans.length;
    while (at > 0 && (this.#spans[at - 1]?.start ?? 0) > start) at -= 1;
    const before = this.#spans[at - 1];
    // Those that only touch stay two: a secret after a secret has a mask of its own.
    if (before !== undefined && before.end > start) {
      before.end = Math.max(before.end, end);
      at -= 1;
    } else this.#spans.splice(at, 0, { start, end });
    const grown = this.#spans[at];
    if (grown === undefined) return;
    for (let next = this.#spans[at + 1]; next !== undefined && next.start < grown.end; ) {
      grown.end = Math.max(grown.end, next.end);
      this.#spans.splice(at + 1, 1);
      next = this.#spans[at + 1];
    }
  }

  covers(position: number): boolean {
    return this.#spans.some(({ start, end }) => start <= position && position < end);
  }

  /** Takes out those that begin before the place. */
  takeBefore(position: number): Span[] {
    const count = this.#spans.findIndex(({ start }) => start >= position);
    return this.#spans.splice(0, count === -1 ? this.#spans.length : count);
  }

  /** Counts from a later place on. */
  shift(by: number): void {
    for (const span of this.#spans) {
      span.start -= by;
      span.end -= by;
    }
  }

  clear(): void {
    this.#spans = [];
  }
}
