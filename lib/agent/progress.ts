import type { ReportProgress } from '../domain/execution/model/job.ts';
import { isOver, type JobApi } from './api.ts';

/**
 * How often the agent says that it is alive while nothing changes: a build of 15 minutes costs 45 calls. The backend is
 * told of a cancel at once and ends the machine; the answer to a call is for an agent that it does not reach. Three
 * minutes of silence are taken for its end (lib/domain/reconcile).
 */
const HEARTBEAT_MS = 20_000;
/** At most one report a second, as a run's reader sees no more. */
const SHORTEST_MS = 1000;
/** A stage that is over in a moment is not worth a call: fetching and unpacking a small source make one with the command. */
const DEBOUNCE_MS = 150;

/** Sends reports in the background: each new stage soon, never two calls at a time, and nobody waits for them. */
export class Progress {
  readonly #api: JobApi;
  readonly #onCancel: () => void;
  readonly #closing = new AbortController();
  #latest: ReportProgress | undefined;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unsent = false;

  constructor(api: JobApi, onCancel: () => void) {
    this.#api = api;
    this.#onCancel = onCancel;
  }

  /** @param progress 0 to 99 */
  enter(stage: string, progress: number): void {
    this.#latest = { stage, progress };
    if (this.#sending === undefined && !this.#unsent) this.#later(DEBOUNCE_MS);
    this.#unsent = true;
  }

  /** No report is on its way afterwards, so none can meet the job's result. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#latest = undefined;
    this.#closing.abort();
    await this.#sending;
  }

  #send(): void {
    clearTimeout(this.#timer);
    if (this.#latest === undefined) return;
    this.#unsent = false;
    this.#sending = this.#api
      .progress(this.#latest, this.#closing.signal)
      .then((cancel) => {
        if (cancel) this.#onCancel();
      })
      .catch((error: unknown) => {
        // A lost report is made good by the next one.
        if (isOver(error)) this.#onCancel();
      })
      .finally(() => {
        this.#sending = undefined;
        if (this.#latest === undefined) return;
        this.#later(this.#unsent ? SHORTEST_MS : HEARTBEAT_MS);
      });
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), milliseconds).unref();
  }
}
