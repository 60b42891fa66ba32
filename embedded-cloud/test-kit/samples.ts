/** How many cases a property is tried with: a quarter with `npm test`, all with `npm run soak`. */
const WHOLE = process.env.SOAK !== undefined;

/** @param all enough to meet the rare cases @returns how many to try now */
export function samples(all: number): number {
  return WHOLE ? all : Math.ceil(all / 4);
}
