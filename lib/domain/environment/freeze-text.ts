/** A freeze window as people write it: `<from>..<to> [zone]`. */
import type { FreezeWindow as Window } from './rules.ts';

type FreezeWindow = Pick<Window, 'from' | 'to' | 'zone' | 'every_week'>;

/** The times and the zone are not checked. @returns undefined when the text is no window */
export function windowIn(text: string): FreezeWindow | undefined {
  const [, from, to, zone = 'UTC'] = /^(.+?)\.\.(.+?)(?: ([A-Za-z]+\S*))?$/.exec(text) ?? [];
  if (from === undefined || to === undefined) return undefined;
  return { every_week: /^[a-z]{3} /i.test(from), from, to, zone };
}
