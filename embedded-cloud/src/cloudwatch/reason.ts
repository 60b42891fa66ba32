/** Why an alarm has its state, in CloudWatch's words. */
import type { AlarmSettings, State } from './alarm.ts';
import { ruleOf } from './evaluate.ts';
import type { Series } from './expression.ts';

const WORDS: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

const shown = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** @param times the beginnings of the periods that were looked at, in seconds, the oldest first */
export function reasonOf(
  settings: AlarmSettings,
  state: State,
  times: readonly number[],
  series: Series,
): string {
  const rule = ruleOf(settings);
  const last = times
    .flatMap((time) => {
      const value = series.get(time);
      return value === undefined ? [] : [{ time, value }];
    })
    .slice(-rule.evaluationPeriods);
  const periods = `${rule.evaluationPeriods} datapoint${rule.evaluationPeriods === 1 ? '' : 's'}`;
  if (state === 'INSUFFICIENT_DATA') return `Insufficient Data: ${periods} were unknown.`;
  const threshold = `the threshold (${shown(settings.Threshold ?? 0)})`;
  if (last.length === 0) {
    const treated = state === 'ALARM' ? 'Breaching' : 'NonBreaching';
    return `Threshold Crossed: no datapoints were received for ${periods} and ${rule.evaluationPeriods} missing datapoints were treated as [${treated}].`;
  }
  const breaching = last.filter(({ value }) => rule.breaches(value));
  const [count, told, not] =
    state === 'ALARM' ? [breaching.length, breaching, ''] : [last.length - breaching.length, last, ' not'];
  const list = told
    .map(({ time, value }) => `${shown(value)} (${new Date(time * 1000).toISOString()})`)
    .join(', ');
  return `Threshold Crossed: ${count} out of the last ${periods} [${list}] was${not} ${WORDS[settings.ComparisonOperator]} ${threshold} (minimum ${rule.datapointsToAlarm} for an ALARM).`;
}
