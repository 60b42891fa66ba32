/**
 * From the values of the last periods to the state of an alarm, as
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html tells it.
 */
import { type AlarmSettings, COMPARISONS, type State } from './alarm.ts';

/**
 * So many periods more than EvaluationPeriods are looked at, so that data that come late or seldom still count; AWS says
 * only that there are some, and has two in its examples.
 */
export const MORE_PERIODS = 2;

export interface Rule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
  readonly breaches: (value: number) => boolean;
}

export function ruleOf(settings: AlarmSettings): Rule {
  const {
    EvaluationPeriods,
    DatapointsToAlarm,
    TreatMissingData,
    ComparisonOperator,
    Threshold = 0,
  } = settings;
  return {
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm ?? EvaluationPeriods,
    treatMissingData: TreatMissingData ?? 'missing',
    breaches: (value) => COMPARISONS[ComparisonOperator]?.(value, Threshold) ?? false,
  };
}

/**
 * @param values of the last EvaluationPeriods + MORE_PERIODS periods, the oldest first; undefined where there are no data
 * @param current the state that is kept where the data do not change it
 */
export function evaluate(rule: Rule, values: readonly (number | undefined)[], current: State): State {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData, breaches } = rule;
  const present = values.filter((value) => value !== undefined);
  if (present.length === 0)
    return { breaching: 'ALARM', notBreaching: 'OK', ignore: current, missing: 'INSUFFICIENT_DATA' }[
      treatMissingData
    ] as State;
  const breaching = present.slice(-evaluationPeriods).filter(breaches).length;
  const filled = Math.max(0, evaluationPeriods - present.length);
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (filled === 0 || treatMissingData === 'notBreaching') return 'OK';
  if (treatMissingData === 'breaching') return breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (breaching < present.length) return 'OK';
  if (treatMissingData === 'ignore') return current;
  // All that is there breaches: that is enough once it has been so for DatapointsToAlarm periods.
  const age = values.length - values.findIndex((value) => value !== undefined);
  return age >= datapointsToAlarm ? 'ALARM' : 'OK';
}
