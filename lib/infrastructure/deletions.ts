import { Duration } from 'aws-cdk-lib';
import { type EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { patternOf } from '../contract/events/pattern.ts';
import { deletionEvents } from '../contract/events/project.ts';
import type { Bundles } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import { StaitheFunction } from './function.ts';

/** Lambda's longest: a project of years has many thousand items and objects. What is left, the next sweep takes on. */
const TIMEOUT = Duration.minutes(15);

/**
 * Removes what is left of deleted projects: at once when one is deleted, and every five minutes until a late pass finds
 * nothing more. 8,640 invocations a month that ask an empty index when there is nothing to do.
 */
export class Deletions extends Construct {
  readonly remover: StaitheFunction;

  constructor(
    scope: Construct,
    id: string,
    props: { bundles: Bundles; bus: EventBus; deadLetters: DeadLetters },
  ) {
    super(scope, id);
    const { bundles, bus, deadLetters } = props;
    this.remover = new StaitheFunction(this, 'Remover', {
      bundles,
      entry: 'events/project-deleted',
      description: 'Removes the contents of deleted projects',
      timeout: TIMEOUT,
    });
    // A sweep that could not run, or has failed, is made good by the next one; so is what a deletion itself began.
    const every = Duration.minutes(5);
    this.remover.leaveToNextCall(every);
    const target = () => deadLetters.callOf(this.remover, { retryAttempts: 0, maxEventAge: every });
    new Rule(this, 'Deleted', {
      description: 'A project was deleted',
      eventBus: bus,
      eventPattern: patternOf([deletionEvents.events.requested]),
      targets: [target()],
    });
    new Rule(this, 'EveryFiveMinutes', {
      description: 'Remove what is left of deleted projects',
      schedule: Schedule.rate(every),
      targets: [target()],
    });
  }
}
