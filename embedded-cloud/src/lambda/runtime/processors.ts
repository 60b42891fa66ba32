/** Whether the processors of this machine have time to spare, whoever it is that uses them. */
import { availableParallelism, cpus } from 'node:os';

/** The kernel counts in steps of 10 ms: ten of them tell enough, and are soon enough out of date. */
const SAMPLE_MS = 100;
/** Less than half a processor is idle: what is started takes its time from what is at work. */
const LEAST_IDLE = 0.5 / availableParallelism();

interface Sample {
  readonly at: number;
  readonly idle: number;
  readonly all: number;
}

export class Processors {
  #before = sample();
  #busy = false;

  /** As of the last tenth of a second, or of the time since this was last asked. */
  get busy(): boolean {
    if (performance.now() - this.#before.at < SAMPLE_MS) return this.#busy;
    const after = sample();
    const all = after.all - this.#before.all;
    // A system that does not tell counts as idle.
    this.#busy = all > 0 && (after.idle - this.#before.idle) / all < LEAST_IDLE;
    this.#before = after;
    return this.#busy;
  }
}

function sample(): Sample {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { at: performance.now(), idle, all };
}
