/**
 * Cron expressions with the six fields of AWS (minutes, hours, day of month, month, day of week, year): lists,
 * ranges, steps, names, `?`, `L`, `W`, `#` (EventBridge user guide, "Cron expressions").
 */
import { AwsError } from '../service.ts';

/** Tells when it fires next. */
export interface Schedule {
  /**
   * @param after milliseconds since the epoch
   * @param origin when the rule was created or changed: a rate counts from there
   * @returns the first time strictly after `after`; undefined when there is none
   */
  next(after: number, origin: number): number | undefined;
}

export function invalidSchedule(): AwsError {
  return new AwsError('ValidationException', 'Parameter ScheduleExpression is not valid.');
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** Sunday is 1. */
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/** Days of a month (from 1), of the month given as year and index from 0. */
type Days = (year: number, month: number) => ReadonlySet<number>;

/** @throws AwsError ValidationException */
export function parseCron(text: string): Schedule {
  const fields = text.trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields;
  if (fields.length !== 6 || !minute || !hour || !dayOfMonth || !month || !dayOfWeek || !year) {
    throw invalidSchedule();
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) throw invalidSchedule();
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const months = parseField(month, 1, 12, MONTHS, 1);
  const years = new Set(parseField(year, FIRST_YEAR, LAST_YEAR));
  const days = dayOfWeek === '?' ? parseDayOfMonth(dayOfMonth) : parseDayOfWeek(dayOfWeek);

  return {
    next(after) {
      const start = new Date(Math.floor(after / 60_000 + 1) * 60_000);
      for (let at = start.getUTCFullYear(); at <= LAST_YEAR; at += 1) {
        if (!years.has(at)) continue;
        for (const each of months) {
          for (const day of days(at, each - 1)) {
            const midnight = Date.UTC(at, each - 1, day);
            if (midnight + 86_400_000 <= start.getTime()) continue;
            const found = firstTime(midnight, hours, minutes, start.getTime());
            if (found !== undefined) return found;
          }
        }
      }
      return undefined;
    },
  };
}

function firstTime(midnight: number, hours: readonly number[], minutes: readonly number[], from: number) {
  for (const hour of hours) {
    for (const minute of minutes) {
      const time = midnight + hour * 3_600_000 + minute * 60_000;
      if (time >= from) return time;
    }
  }
  return undefined;
}

/** A list of values, ranges and steps, ascending. */
function parseField(
  text: string,
  low: number,
  high: number,
  names: readonly string[] = [],
  base = 0,
): number[] {
  const numberOf = (part: string): number => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + base : /^\d+$/.test(part) ? Number(part) : Number.NaN;
    if (!(value >= low && value <= high)) throw invalidSchedule();
    return value;
  };
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', step, ...extra] = item.split('/');
    const [from = '', to, ...more] = range.split('-');
    if (extra.length > 0 || more.length > 0) throw invalidSchedule();
    const stride = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(stride) || stride < 1) throw invalidSchedule();
    const first = range === '*' ? low : numberOf(from);
    const last = to !== undefined ? numberOf(to) : range === '*' || step !== undefined ? high : first;
    // FRI-MON runs over the end of the week.
    const end = last < first ? last + (high - low + 1) : last;
    for (let value = first; value <= end; value += stride) {
      values.add(value > high ? value - (high - low + 1) : value);
    }
  }
  return [...values].sort((left, right) => left - right);
}

function parseDayOfMonth(text: string): Days {
  if (text === 'L') return (year, month) => new Set([lastDay(year, month)]);
  if (text === 'LW') return (year, month) => new Set([nearestWeekday(year, month, lastDay(year, month))]);
  const weekday = /^(\d{1,2})W$/.exec(text);
  if (weekday) {
    const wanted = Number(weekday[1]);
    if (wanted < 1 || wanted > 31) throw invalidSchedule();
    return (year, month) =>
      wanted > lastDay(year, month) ? new Set() : new Set([nearestWeekday(year, month, wanted)]);
  }
  const days = parseField(text, 1, 31);
  return (year, month) => new Set(days.filter((day) => day <= lastDay(year, month)));
}

function parseDayOfWeek(text: string): Days {
  const nth = /^(\w{1,3})#([1-5])$/.exec(text);
  if (nth) {
    const [weekday = 1] = parseField(nth[1] ?? '', 1, 7, WEEKDAYS, 1);
    return (year, month) => {
      const day = daysOn(year, month, [weekday])[Number(nth[2]) - 1];
      return new Set(day === undefined ? [] : [day]);
    };
  }
  const last = /^(\w{0,3})L$/.exec(text);
  if (last) {
    // A plain `L` is the last day of the week, Saturday.
    const [weekday = 7] = last[1] ? parseField(last[1], 1, 7, WEEKDAYS, 1) : [7];
    const onlyLast = Boolean(last[1]);
    return (year, month) =>
      new Set(onlyLast ? daysOn(year, month, [weekday]).slice(-1) : daysOn(year, month, [7]));
  }
  const weekdays = parseField(text, 1, 7, WEEKDAYS, 1);
  return (year, month) => new Set(daysOn(year, month, weekdays));
}

function lastDay(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

function daysOn(year: number, month: number, weekdays: readonly number[]): number[] {
  const days = Array.from({ length: lastDay(year, month) }, (_, index) => index + 1);
  return days.filter((day) => weekdays.includes(new Date(Date.UTC(year, month, day)).getUTCDay() + 1));
}

/** The Monday to Friday nearest to a day, within its month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const weekday = new Date(Date.UTC(year, month, day)).getUTCDay();
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === lastDay(year, month) ? day - 2 : day + 1;
  return day;
}
