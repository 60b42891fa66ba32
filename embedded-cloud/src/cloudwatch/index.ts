/**
 * CloudWatch of the embedded cloud: alarms and dashboards of the template are accepted, metrics are taken and kept for
 * a moment. Nothing evaluates them: on a laptop the console and the logs are where one looks.
 */
import { z } from 'zod';
import {
  type Action,
  AwsError,
  type Cloud,
  notImplemented,
  type ResourceProvider,
  type Service,
} from '../service.ts';

/** The signing name of CloudWatch. */
const NAME = 'monitoring';
/** Metric data kept in memory: enough to look at the last minutes in a debugger. */
const KEPT = 1_000;

const alarmProperties = z.object({ AlarmName: z.string().min(1).max(255).optional() });
const dashboardProperties = z.object({
  DashboardName: z.string().min(1).max(255).optional(),
  DashboardBody: z.string(),
});
/** At most 1,000 data in a request (PutMetricData reference). */
const putMetricData = z.object({
  Namespace: z.string().min(1).max(255),
  MetricData: z
    .array(z.object({ MetricName: z.string().min(1).max(255) }).loose())
    .max(1_000)
    .optional(),
});

export interface KeptMetric {
  readonly namespace: string;
  /** Milliseconds since the epoch. */
  readonly received: number;
  readonly datum: Readonly<Record<string, unknown>>;
}

export interface CloudWatchService extends Service {
  /** The metric data that came last, oldest first. */
  recentMetrics(): readonly KeptMetric[];
}

export function cloudwatch(cloud: Cloud): CloudWatchService {
  const kept: KeptMetric[] = [];
  const arn = (kind: string, name: string): string =>
    `arn:${cloud.partition}:cloudwatch:${cloud.region}:${cloud.accountId}:${kind}:${name}`;

  const alarm: ResourceProvider = ({ properties, generatedName }) => {
    const name = alarmProperties.parse(properties).AlarmName ?? generatedName;
    return { ref: name, attributes: { Arn: arn('alarm', name) } };
  };
  const putMetrics: Action = (raw, call) => {
    const parsed = putMetricData.safeParse(raw);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new AwsError('InvalidParameterValue', `${issue?.path.join('.')}: ${issue?.message}`);
    }
    const { Namespace, MetricData = [] } = parsed.data;
    call.authorize('cloudwatch:PutMetricData', '*', { values: { 'cloudwatch:namespace': Namespace } });
    for (const datum of MetricData) kept.push({ namespace: Namespace, received: cloud.now(), datum });
    kept.splice(0, Math.max(kept.length - KEPT, 0));
    return {};
  };
  const refused = (action: string): Action => {
    return () => {
      throw notImplemented(NAME, action);
    };
  };

  return {
    name: NAME,
    actions: {
      PutMetricData: putMetrics,
      GetMetricData: refused('GetMetricData'),
      GetMetricStatistics: refused('GetMetricStatistics'),
    },
    resources: {
      'AWS::CloudWatch::Alarm': alarm,
      'AWS::CloudWatch::CompositeAlarm': alarm,
      'AWS::CloudWatch::Dashboard'({ properties, generatedName }) {
        const { DashboardName = generatedName } = dashboardProperties.parse(properties);
        return {
          ref: DashboardName,
          attributes: {
            Arn: `arn:${cloud.partition}:cloudwatch::${cloud.accountId}:dashboard/${DashboardName}`,
          },
        };
      },
    },
    recentMetrics: () => kept,
  };
}
