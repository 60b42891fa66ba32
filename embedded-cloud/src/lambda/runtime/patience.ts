/**
 * When another execution environment is worth its start. Lambda has processors to spare and starts one for every event
 * that finds none idle; here a start takes a processor as much time as dozens of events do, so a burst is served sooner
 * by few environments. The rule is the one for renting or buying: start when waiting is expected to take longer.
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

export class Patience {
  #start = TYPICAL_START_MS;
  #event = TYPICAL_EVENT_MS;
  #seen = false;

  /** An environment took so long to start. */
  started(milliseconds: number): void {
    this.#start += NEWEST * (milliseconds - this.#start);
  }

  /** An event took so long. */
  handled(milliseconds: number): void {
    this.#event += (this.#seen ? NEWEST : 1) * (milliseconds - this.#event);
    this.#seen = true;
  }

  /**
   * @param waiting events that wait
   * @param busyFor for how long each busy environment has had its event, and each new one has been starting, in milliseconds
   * @returns whether to start another environment
   */
  exhausted(waiting: number, busyFor: readonly number[]): boolean {
    // Whoever has been at it for longer than a start takes (a long poll, a call to elsewhere) will not be free soon.
    const soonFree = busyFor.filter((milliseconds) => milliseconds < this.#start).length;
    if (soonFree === 0) return true;
    return soonFree < MOST_WORKING && (waiting * this.#event) / soonFree > this.#start;
  }
}
