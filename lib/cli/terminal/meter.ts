/** The progress of a transfer: share, rate and remaining time. */
import { bytes, duration } from './format.ts';
import { bar, type Terminal } from './terminal.ts';

/** 1 MiB: smaller transfers end before a bar can be read. */
const BAR_FROM_BYTES = 1024 * 1024;
/** Ten updates a second look smooth. */
const REFRESH_MS = 100;
/** The rate is that of the last 3 s: steady, and still following the connection. */
const WINDOW_MS = 3000;

/**
 * On a terminal one updated line: `[#####...] 25% of 250.0 MiB, 80.0 MiB/s, 2s left`; elsewhere only the stage.
 * @param total bytes
 * @param before bytes transferred earlier: part of the share, not of the rate
 * @returns takes the total of transferred bytes
 */
export function meter(
  terminal: Terminal,
  stage: string,
  total: number,
  before = 0,
  now: () => number = performance.now.bind(performance),
): (done: number) => void {
  const samples: { at: number; done: number }[] = [{ at: now(), done: before }];
  let shown = Number.NEGATIVE_INFINITY;
  terminal.progress(stage);
  return (done) => {
    const at = now();
    if (total < BAR_FROM_BYTES || (at - shown < REFRESH_MS && done < total)) return;
    shown = at;
    samples.push({ at, done });
    while (samples.length > 2 && at - (samples[1]?.at ?? at) > WINDOW_MS) samples.shift();
    const first = samples[0] ?? { at, done };
    const rate = ((done - first.done) / Math.max(1, at - first.at)) * 1000;
    const speed = rate > 0 ? `, ${bytes(Math.round(rate))}/s` : '';
    const left = rate > 0 && done < total ? `, ${duration(((total - done) / rate) * 1000)} left` : '';
    terminal.progress(stage, `${bar(done / total)} of ${bytes(total)}${speed}${left}`);
  };
}
