/** What happens by itself: rules, workflows, alarms, and logs that are forgotten. */
import type { Resources } from './resources.ts';
import { arrayOf, columns, fieldsOf, target, text } from './words.ts';

export function rules(resources: Resources): string[] {
  return resources
    .take('AWS::Events::Rule')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, properties]) => {
      properties.usual({ State: 'ENABLED' });
      const bus = properties.take('EventBusName');
      const when = properties.take('ScheduleExpression') ?? properties.take('EventPattern');
      const targets = arrayOf(properties.take('Targets')).map((one) => {
        const { Arn, Id: _, ...more } = fieldsOf(one);
        return `→ ${[target(Arn), ...Object.entries(more).map(([key, value]) => `${key} ${target(value)}`)].join('; ')}`;
      });
      return [
        `${name}: ${text(properties.take('Description') ?? '')}`,
        `  ${bus === undefined ? '' : `on ${target(bus)}: `}${text(when)}`,
        ...[...targets, ...properties.rest].map((line) => `  ${line}`),
      ];
    });
}

export function alarms(resources: Resources): string[] {
  return resources.take('AWS::CloudWatch::Alarm').flatMap(([name, properties]) => {
    const take = (key: string) => text(properties.take(key) ?? '');
    const limit = `${take('ComparisonOperator')} ${take('Threshold')}, ${take('EvaluationPeriods')} times`;
    const metric = take('MetricName');
    const single = `${metric} (${take('Namespace')}), ${take('Statistic')} of ${take('Period')} s: `;
    properties.usual({ TreatMissingData: 'notBreaching' });
    return [
      `${name}: ${take('AlarmDescription')}`,
      ...[`${metric === '' ? '' : single}${limit}`, ...properties.rest].map((line) => `  ${line}`),
    ];
  });
}

export function logGroups(resources: Resources): string[] {
  const rows = resources
    .take('AWS::Logs::LogGroup')
    .map(([name, properties]) => [
      name,
      `${text(properties.take('RetentionInDays') ?? 'for ever')} days`,
      properties.rest.join('; '),
    ]);
  return columns([25, 8], rows);
}
