/**
 * When another execution environment is worth its start. Lambda has processors to spare and starts one for every event
 * that finds none idle; here a start takes a processor as much time as dozens of events do, so a burst is served sooner
 * by few environments. The rule is the one for renting or buying: start when waiting is expected to take longer.
 *
 * While no processor is idle, a start delays the events that are being handled, and all events last longer than a start:
 * how long they have been at it tells nothing then. There the events that wait go on waiting as long as others end.
 */
import { availableParallelism } from 'node:os';

/** What a start is taken to cost before the first one was seen: Node, and an SDK's client. */
const TYPICAL_START_MS = 250;
/** What an event is taken to cost before the first one was seen. */
const TYPICAL_EVENT_MS = 50;
/** Weight of the newest value in a moving average: the last five or so count. */
const NEWEST = 0.2;
/** More environments with work for a processor would only wait for each other; those that wait for others do not count. */
const MOST_WORKING = 2 * availableParallelism();
/** Without the end of an event for so long, those under way are taken to wait for something else than a processor. */
const LONGEST_STALL_MS = 2_000;

/** How it stands with the environments of a version when events wait for one. */
export interface Shortage {
  /** Events that wait, without those for which an environment is starting. */
  readonly waiting: number;
  /** For how long each busy environment has had its event, and each new one has been starting, in milliseconds. */
  readonly busyFor: readonly number[];
  /** Environments that start. */
  readonly starting: number;
  /** Milliseconds since an event has ended, or the first of those that wait has come. */
  readonly stalledFor: number;
  /** Whether no processor is idle. */
  readonly machineBusy: boolean;
}

export class ScalingPolicy {
  #start = TYPICAL_START_MS;
  #event = TYPICAL_EVENT_MS;
  #seen = false;

  /** An environment took so long to start. */
  recordStart(milliseconds: number): void {
    this.#start += NEWEST * (milliseconds - this.#start);
  }

  /** An event took so long. */
  recordEvent(milliseconds: number): void {
    this.#event += (this.#seen ? NEWEST : 1) * (milliseconds - this.#event);
    this.#seen = true;
  }

  /** @returns whether to start another environment */
  shouldStart({ waiting, busyFor, starting, stalledFor, machineBusy }: Shortage): boolean {
    if (machineBusy) return starting === 0 && stalledFor > this.#longestStall;
    // Whoever has been at it for longer than a start takes (a long poll, a call to elsewhere) will not be free soon.
    const soonFree = busyFor.filter((milliseconds) => milliseconds < this.#start).length;
    if (soonFree === 0) return true;
    return soonFree < MOST_WORKING && (waiting * this.#event) / soonFree > this.#start;
  }

  get #longestStall(): number {
    return Math.min(2 * Math.max(this.#start, this.#event), LONGEST_STALL_MS);
  }
}
