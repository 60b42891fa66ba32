/** What a version of a function has printed, searched page by page while more of it arrives. */
import { isAtLimit, type Time } from '../log/store-limits.ts';
import type { FunctionEvent, FunctionLogs } from '../ports/function-logs.ts';
import { rateLimited } from './rate-limited.ts';

export interface FunctionVersion {
  readonly functionName: string;
  readonly version: string;
  /** Milliseconds since the epoch: nothing before is read. */
  readonly since: number;
}

/** More than what is shown of it, as each line has at least one event. */
const MAX_EVENTS = 1000;
const PAGE_EVENTS = 10_000;

/**
 * A version that was published before may have processes that began earlier, and their streams have the day of then.
 * "Lambda terminates execution environments every few hours" (docs: Lambda, "Execution environment lifecycle").
 */
const PROCESS_LIFETIME_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;

/** Where the search of one day's processes stands. */
interface DaySearch {
  from: number;
  token?: string | undefined;
}

export class LogSearch {
  readonly #logs: FunctionLogs;
  readonly #version: FunctionVersion;
  readonly #time: Time;
  /** By the day on which the processes began. */
  readonly #searches = new Map<string, DaySearch>();
  #events: FunctionEvent[] = [];

  constructor(logs: FunctionLogs, version: FunctionVersion, time: Time) {
    this.#logs = rateLimited(logs, time);
    this.#version = version;
    this.#time = time;
  }

  /** The last ones, in order of time. */
  get events(): readonly FunctionEvent[] {
    return this.#events;
  }

  /**
   * Hears what is new, on from where it was, and again where events may have come late.
   * @returns whether to the end; otherwise the store has refused, or the time is over
   * @throws StaitheError log_unreadable
   */
  async advance(): Promise<'whole' | 'refused' | 'unfinished'> {
    try {
      for (const day of this.#days()) if (!(await this.#searchDay(day))) return 'unfinished';
      return 'whole';
    } catch (error) {
      if (isAtLimit(error)) return 'refused';
      throw error;
    }
  }

  /** The newest first: what was published just now has processes of no other. */
  #days(): string[] {
    const first = Math.floor((this.#version.since - PROCESS_LIFETIME_MS) / DAY_MS);
    const last = Math.floor(this.#time.now() / DAY_MS);
    return Array.from({ length: last - first + 1 }, (_, index) =>
      new Date((last - index) * DAY_MS).toISOString().slice(0, 10),
    );
  }

  async #searchDay(day: string): Promise<boolean> {
    const { functionName, version, since } = this.#version;
    const search = this.#searches.get(day) ?? { from: since };
    this.#searches.set(day, search);
    let last = search.from;
    do {
      if (this.#time.now() >= this.#time.until) return false;
      const { from, token } = search;
      const of = { day, version };
      const page = await this.#logs.read(functionName, { from, token, limit: PAGE_EVENTS, of });
      this.#append(page.events);
      last = page.events.at(-1)?.timestamp ?? last;
      search.token = page.token;
    } while (search.token !== undefined);
    search.from = Math.max(search.from, last - this.#logs.lateByMs);
    return true;
  }

  #append(events: readonly FunctionEvent[]): void {
    const all = new Map([...this.#events, ...events].map((event) => [event.id, event]));
    this.#events = [...all.values()].toSorted((a, b) => a.timestamp - b.timestamp).slice(-MAX_EVENTS);
  }
}
