import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import type { Audit } from './audit.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Deletions } from './deletions.ts';
import type { Events } from './events.ts';
import type { Reconciler } from './reconciler.ts';
import type { Workflow } from './workflow.ts';

/** Alarms, each with its section in docs/operations.md. Ten are free of charge in every account; these are nine. */
export class Monitoring extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      api: Api;
      audit: Audit;
      events: Events;
      reconciler: Reconciler;
      deletions: Deletions;
      deadLetters: DeadLetters;
      workflows: readonly Workflow[];
    },
  ) {
    super(scope, id);
    const fiveMinutes = { period: Duration.minutes(5), statistic: 'Sum' };
    // One in five minutes: a 5xx of the control plane is always a defect of it.
    this.alarm(
      'ApiFailures',
      'The API returned 5xx',
      'api-failures',
      props.api.http.metricServerError(fiveMinutes),
      1,
    );
    for (const workflow of props.workflows)
      this.alarm(
        `Workflow-${workflow.name}`,
        `The ${workflow.name} workflow died before it finished`,
        'dead-workflow',
        new MathExpression({
          expression: 'failed + timedOut',
          usingMetrics: {
            failed: workflow.machine.metricFailed(fiveMinutes),
            timedOut: workflow.machine.metricTimedOut(fiveMinutes),
          },
          period: fiveMinutes.period,
        }),
        1,
      );
    // A minute behind: then webhooks wait that long for their builds.
    this.alarm(
      'RelayBehind',
      'The relay of events is behind',
      'relay-behind',
      props.events.relay.lambda.metric('IteratorAge', { period: Duration.minutes(5), statistic: 'Maximum' }),
      60_000,
    );
    // An hour behind: entries wait safely in their inbox, but what the stream alone tells is gone after a day.
    this.alarm(
      'AuditBehind',
      'The chains of the audit logs are behind',
      'audit-behind',
      props.audit.chainer.lambda.metric('IteratorAge', { period: Duration.minutes(5), statistic: 'Maximum' }),
      3_600_000,
    );
    // Three of the five sweeps in five minutes: one may meet a throttled service, and the next makes it good.
    this.alarm(
      'SweepFails',
      'The sweep of overdue runs fails',
      'sweep-fails',
      props.reconciler.sweep.lambda.metricErrors(fiveMinutes),
      3,
    );
    // Three of the three sweeps in a quarter of an hour, or of more when projects are deleted just then.
    this.alarm(
      'DeletionFails',
      'The contents of a deleted project cannot be removed',
      'deletion-fails',
      props.deletions.remover.lambda.metricErrors({ period: Duration.minutes(15), statistic: 'Sum' }),
      3,
    );
    // One: each is an event that was lost for its target, until somebody redrives it.
    this.alarm(
      'DeadLetters',
      'There are events in the dead-letter queue',
      'dead-letters',
      props.deadLetters.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      1,
    );
  }

  private alarm(id: string, what: string, section: string, metric: IMetric, threshold: number): void {
    new Alarm(this, id, {
      alarmDescription: `${what}. What to do: docs/operations.md#${section}`,
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
