/** Whether an environment is frozen at a moment, and until when. */
import type { Temporal } from 'temporal-polyfill';
import type { FreezeWindow } from './rules.ts';

export interface Frozen {
  readonly until: Date;
  readonly window: FreezeWindow;
}

/**
 * The window that ends last of those that hold at this moment; where one ends in another, the end of that one: who waits
 * is told when deploying is possible again.
 *
 * Local times are those of the window's zone. One that is skipped when daylight saving begins counts as the moment after the
 * gap, of one that comes twice the first counts (RFC 5545, section 3.3.5, as Temporal's `compatible`).
 */
export async function freezeAt(windows: readonly FreezeWindow[], now: Date): Promise<Frozen | undefined> {
  if (windows.length === 0) return undefined;
  // 12 ms to load, for environments that have a window only.
  const { Temporal } = await import('temporal-polyfill');
  let found: Frozen | undefined;
  // Each window can lengthen the time once; a chain of windows that never ends is a freeze for as long as one looks ahead.
  for (let round = 0; round <= windows.length; round++) {
    const at = found?.until ?? now;
    const longest = windows
      .flatMap((window) => {
        const until = endOf(Temporal, window, at);
        return until === undefined ? [] : [{ until, window }];
      })
      .sort((a, b) => b.until.getTime() - a.until.getTime())[0];
    if (longest === undefined) break;
    found = { until: longest.until, window: found?.window ?? longest.window };
  }
  return found;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `fri 16:00` in the week whose Monday this is. */
function inWeek(monday: Temporal.PlainDate, text: string): Temporal.PlainDateTime {
  const [day = '', time = ''] = text.split(' ');
  return monday.add({ days: DAYS.indexOf(day) }).toPlainDateTime(time);
}

/** The times of a window that may hold now, as the clock on the wall shows them: that of this week and of the last one. */
function occurrences(
  temporal: typeof Temporal,
  window: FreezeWindow,
  today: Temporal.PlainDate,
): { from: Temporal.PlainDateTime; to: Temporal.PlainDateTime }[] {
  if (!window.every_week)
    return [{ from: temporal.PlainDateTime.from(window.from), to: temporal.PlainDateTime.from(window.to) }];
  const monday = today.subtract({ days: today.dayOfWeek - 1 });
  return [0, 7].map((days) => {
    const week = monday.subtract({ days });
    const from = inWeek(week, window.from);
    const to = inWeek(week, window.to);
    return { from, to: temporal.PlainDateTime.compare(from, to) < 0 ? to : to.add({ days: 7 }) };
  });
}

/** @returns the end of the window that holds at this time; undefined when it does not hold */
function endOf(temporal: typeof Temporal, window: FreezeWindow, at: Date): Date | undefined {
  const { zone } = window;
  const instant = temporal.Instant.fromEpochMilliseconds(at.getTime());
  const today = instant.toZonedDateTimeISO(zone).toPlainDate();
  const ends = occurrences(temporal, window, today).flatMap(({ from, to }) => {
    const [begin, end] = [from, to].map((time) => time.toZonedDateTime(zone).epochMilliseconds);
    return begin !== undefined && end !== undefined && begin <= at.getTime() && at.getTime() < end
      ? [end]
      : [];
  });
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}
