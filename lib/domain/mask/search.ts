/** Finds many byte strings at once in a stream: Aho and Corasick, "Efficient string matching", CACM 18(6), 1975. */

/** Where the automaton begins, and where it is after a byte that no pattern can begin with. */
export const ROOT = 0;

/**
 * The automaton of a set of patterns. Its state is a number that the caller keeps between chunks. A node has few
 * children, so they are lists: a table of 256 per node would take 50 times the memory, and the root, where a log's
 * bytes nearly always are, has such a table.
 */
export class Search {
  readonly #root = new Int32Array(256);
  readonly #byte: Uint8Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  readonly #depth: Int32Array;
  readonly #found: Int32Array;
  /** 1 where two bytes may begin a pattern; most pairs of a log's bytes do not. */
  readonly #begins = new Uint8Array(65_536);
  #nodes = 1;

  /** @param patterns each of at least two bytes */
  constructor(patterns: readonly Uint8Array[]) {
    const most = patterns.reduce((total, pattern) => total + pattern.length, 1);
    this.#byte = new Uint8Array(most);
    this.#child = new Int32Array(most);
    this.#sibling = new Int32Array(most);
    this.#fail = new Int32Array(most);
    this.#depth = new Int32Array(most);
    this.#found = new Int32Array(most);
    for (const pattern of patterns) this.#insert(pattern);
    this.#link();
  }

  /**
   * Reads bytes from `at` on.
   * @param found told of each end of a pattern (exclusive) and of the longest pattern that ends there
   * @returns the state after the last byte
   */
  read(bytes: Uint8Array, at: number, state: number, found: (start: number, end: number) => void): number {
    const last = bytes.length - 1;
    for (let index = at; index <= last; index += 1) {
      const byte = bytes[index] ?? 0;
      if (state === ROOT) {
        if (index < last && this.#begins[(byte << 8) | (bytes[index + 1] ?? 0)] === 0) continue;
        state = this.#root[byte] ?? ROOT;
        continue;
      }
      state = this.#next(state, byte);
      const length = this.#found[state] ?? 0;
      if (length > 0) found(index + 1 - length, index + 1);
    }
    return state;
  }

  /** How many of the bytes read last may be the beginning of a pattern. */
  depth(state: number): number {
    return this.#depth[state] ?? 0;
  }

  #next(from: number, byte: number): number {
    for (let state = from; ; state = this.#fail[state] ?? ROOT) {
      if (state === ROOT) return this.#root[byte] ?? ROOT;
      const child = this.#childOf(state, byte);
      if (child !== 0) return child;
    }
  }

  #childOf(state: number, byte: number): number {
    let child = this.#child[state] ?? 0;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#sibling[child] ?? 0;
    return child;
  }

  #insert(pattern: Uint8Array): void {
    let state = ROOT;
    for (const byte of pattern) {
      const child = state === ROOT ? (this.#root[byte] ?? 0) : this.#childOf(state, byte);
      state = child !== 0 ? child : this.#grow(state, byte);
    }
    this.#found[state] = pattern.length;
    this.#begins[((pattern[0] ?? 0) << 8) | (pattern[1] ?? 0)] = 1;
  }

  #grow(parent: number, byte: number): number {
    const node = this.#nodes;
    this.#nodes += 1;
    this.#byte[node] = byte;
    this.#depth[node] = (this.#depth[parent] ?? 0) + 1;
    if (parent === ROOT) this.#root[byte] = node;
    else {
      this.#sibling[node] = this.#child[parent] ?? 0;
      this.#child[parent] = node;
    }
    return node;
  }

  /** Breadth first, so that a node's failure link leads to a node that has its own already. */
  #link(): void {
    const queue = [...this.#root].filter((node) => node !== 0);
    for (const node of queue) {
      for (let child = this.#child[node] ?? 0; child !== 0; child = this.#sibling[child] ?? 0) {
        const fail = this.#next(this.#fail[node] ?? ROOT, this.#byte[child] ?? 0);
        this.#fail[child] = fail;
        // The longest one that ends here is the node's own, or that of the longest suffix which begins a pattern.
        if (this.#found[child] === 0) this.#found[child] = this.#found[fail] ?? 0;
        queue.push(child);
      }
    }
  }
}
