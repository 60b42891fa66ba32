/** How far a transfer is: share, rate and the time that is left. */
import { bytes, duration } from '../terminal/format.ts';
import { bar, type Terminal } from '../terminal/terminal.ts';

/** 1 MiB: below it a transfer is over before a bar could be read. */
const BAR_FROM_BYTES = 1024 * 1024;
/** Ten a second are fluent, and cost nothing. */
const REFRESH_MS = 100;
/** The rate of the last 3 s: long enough to be steady, short enough to follow the line. */
const WINDOW_MS = 3000;

/**
 * On a terminal one line that changes: `[#####...] 25% of 250.0 MiB, 80.0 MiB/s, 2s left`; elsewhere the stage alone.
 * @param total bytes of the whole
 * @param before bytes that were there when it began: they count for the share, not for the rate
 * @returns takes the bytes of the whole that are done
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
