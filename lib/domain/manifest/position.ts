/** Positions in a text, and the mistakes there. */
import type { Step } from '../validation/findings.ts';

export type { Step } from '../validation/findings.ts';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number;
}

export interface Mistake extends Position {
  /** The field, as `services.web.timeout`; empty for the whole manifest. */
  readonly field: string;
  /** What is wrong with it, and what would be right. */
  readonly reason: string;
}

/** Finds positions in a text. @returns a function of an offset in UTF-16 code units; one outside is the nearest inside */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const at = Math.min(Math.max(offset, 0), text.length);
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
  };
}

export function fieldOf(path: readonly Step[]): string {
  return path.join('.');
}
