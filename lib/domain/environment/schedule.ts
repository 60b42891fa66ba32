/** Schedules in cron's language (POSIX `crontab`), of five fields and in a time zone. */
import { Cron } from 'croner';

/** In minutes and no finer, as what waits is looked at once a minute. */
const patternIn = (cron: string, zone: string): Cron => new Cron(cron, { timezone: zone, mode: '5-part' });

/** Why the pattern is none, or never comes; undefined when it is good. */
export function flawOfCron(cron: string, zone: string): string | undefined {
  try {
    return patternIn(cron, zone).nextRun() === null ? 'never occurs' : undefined;
  } catch (error) {
    return `is not a cron pattern of five fields: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The first time after this one. @param cron a pattern without a flaw */
export const nextOf = (cron: string, zone: string, after: Date): Date =>
  patternIn(cron, zone).nextRun(after) ?? after;
