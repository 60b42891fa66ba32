import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { Bundles } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import { StaitheFunction } from './function.ts';

/**
 * Looks after what is overdue, every minute: 43,200 short invocations a month, within Lambda's free ones, or two cents.
 * Nothing but a query of an empty index while nothing runs.
 */
export class Reconciler extends Construct {
  readonly sweep: StaitheFunction;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; deadLetters: DeadLetters }) {
    super(scope, id);
    const { bundles, deadLetters } = props;
    this.sweep = new StaitheFunction(this, 'Sweep', {
      bundles,
      entry: 'events/sweep-due',
      description: 'Ends overdue runs and uploads, with the reason',
      timeout: Duration.seconds(55),
    });
    // A sweep that could not run, or has failed, is made good by the next one.
    const every = Duration.minutes(1);
    this.sweep.leaveToNextCall(every);
    new Rule(this, 'EveryMinute', {
      description: 'Check for overdue runs and uploads',
      schedule: Schedule.rate(every),
      targets: [deadLetters.callOf(this.sweep, { retryAttempts: 0, maxEventAge: every })],
    });
  }
}
