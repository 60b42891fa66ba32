/** The time that a source's files have where it is built: made of its content, as everything else about it is. */
import { hexOf } from '../values.ts';

/**
 * In 1980, so that people see that it is none, and from its second day, as zip knows no earlier year in any time zone
 * (APPNOTE.TXT 4.4.6). What caches restore is dated the first day: older than every source.
 */
const FIRST = Date.UTC(1980, 0, 2) / 1000;
const DAYS = 365;
/** Zip counts in steps of two seconds. */
const STEP = 2;
const STEPS = (DAYS * 24 * 3600) / STEP;

/**
 * One time for the whole tree, so none of its files is newer than another. Another tree has another time, but once in
 * 15 million: many tools and web servers take a file of the same time and size for unchanged (docs/reproducibility.md).
 * @returns seconds since 1970
 */
export function sourceTime(treeDigest: string): number {
  const number = Number.parseInt(hexOf(treeDigest).slice(0, 12), 16); // 48 bits: whole in a double
  return FIRST + (number % STEPS) * STEP;
}
