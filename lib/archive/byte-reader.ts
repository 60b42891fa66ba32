/** Reads exact numbers of bytes from a stream of chunks, without copying more than a header. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns `count` bytes, or fewer when the stream has ended */
  async read(count: number): Promise<Buffer> {
    if (this.#buffered.length >= count) return this.#take(count);
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      const part = await this.some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** @returns 1 to `most` bytes as they come, or undefined at the end of the stream */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#buffered.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#buffered = next.value;
    }
    return this.#take(most);
  }

  /** Lets the source go; reading may stop before its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(most: number): Buffer {
    const taken = this.#buffered.subarray(0, most);
    this.#buffered = this.#buffered.subarray(taken.length);
    return taken;
  }
}
