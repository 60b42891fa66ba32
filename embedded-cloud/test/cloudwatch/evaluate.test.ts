import { describe, expect, test } from 'vitest';
import { evaluate, type Rule } from '../../src/cloudwatch/evaluate.ts';

/** `X` breaches, `0` does not, `-` is missing; the newest value comes last. */
const values = (text: string) =>
  [...text.replaceAll(' ', '')].map((one) => (one === '-' ? undefined : one === 'X' ? 1 : 0));

/** The state with each treatment of missing data; `kept` where it is the one from before. */
function states(text: string, datapointsToAlarm: number) {
  const state = (treatMissingData: Rule['treatMissingData']) => {
    const rule = {
      evaluationPeriods: 3,
      datapointsToAlarm,
      treatMissingData,
      breaches: (one: number) => one > 0,
    };
    const [after, other] = [evaluate(rule, values(text), 'OK'), evaluate(rule, values(text), 'ALARM')];
    return after === other ? after : 'kept';
  };
  return [state('missing'), state('ignore'), state('breaching'), state('notBreaching')];
}

// The tables of "Configuring how CloudWatch alarms treat missing data" in the user guide: missing, ignore, breaching, notBreaching.
describe('the state of an alarm with missing data', () => {
  test.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['0 - - - -', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', 'kept', 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', ['ALARM', 'kept', 'ALARM', 'OK']],
  ])('is that of the user guide for three of three: %s', (text, expected) => {
    expect(states(text, 3)).toEqual(expected);
  });

  test.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', ['ALARM', 'kept', 'ALARM', 'OK']],
  ])('is that of the user guide for two of three: %s', (text, expected) => {
    expect(states(text, 2)).toEqual(expected);
  });
});
