/** A connection to a replica that does not lose an answer which the replica gave before it had read the whole request. */
import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

/** For so long an answer may come after a write has failed, in milliseconds. */
const PATIENCE_MS = 1_000;

/**
 * Node closes a connection at the first write that fails, with what has come in and is not read yet: the 413 of a replica
 * that closes while the client uploads. Here the failure is told a moment later, while reading goes on.
 */
export class PatientSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    super._write(chunk, encoding, this.#later(done));
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Node declares it
  override _writev(chunks: { chunk: any; encoding: BufferEncoding }[], done: Done): void {
    super._writev?.(chunks, this.#later(done));
  }

  #later(done: Done): Done {
    return (error) => {
      if (!error) return done();
      const timer = setTimeout(end, PATIENCE_MS);
      function end(): void {
        clearTimeout(timer);
        done(error);
      }
      this.once('close', end);
    };
  }
}
