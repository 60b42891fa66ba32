import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { Builds } from './builds.ts';
import type { Bundles } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Deployments } from './deployments.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';
import { giveWorkflows } from './workflow.ts';

/**
 * Looks after what is overdue, every minute: 43,200 short invocations a month, within Lambda's free ones, or two cents.
 * Nothing but a query of an empty index while nothing runs.
 */
export class Reconciler extends Construct {
  readonly sweep: StaitheFunction;

  constructor(
    scope: Construct,
    id: string,
    props: {
      bundles: Bundles;
      storage: Storage;
      builds: Builds;
      deployments: Deployments;
      deadLetters: DeadLetters;
    },
  ) {
    super(scope, id);
    const { bundles, storage, builds, deployments, deadLetters } = props;
    this.sweep = new StaitheFunction(this, 'Sweep', {
      bundles,
      entry: 'events/sweep-due',
      description: 'Ends what is overdue, with the reason',
      timeout: Duration.seconds(55),
    });
    storage.giveIndex(this.sweep, 'gsi2');
    giveWorkflows(this.sweep, [builds.workflow], {
      stop: true,
      look: true,
      alsoStart: [deployments.workflow],
    });
    builds.giveMachines(this.sweep);
    // A sweep that could not run, or has failed, is made good by the next one.
    const every = Duration.minutes(1);
    this.sweep.leaveToNextCall(every);
    new Rule(this, 'EveryMinute', {
      description: 'Look after what is overdue',
      schedule: Schedule.rate(every),
      targets: [deadLetters.callOf(this.sweep, { retryAttempts: 0, maxEventAge: every })],
    });
  }
}
