import { Duration, Stack } from 'aws-cdk-lib';
import { EventBus, type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DEAD_STATUSES, executionDied, objectCreated } from '../contract/events/aws.ts';
import { deliveryEvents } from '../contract/events/delivery.ts';
import { deploymentEvents } from '../contract/events/deployment.ts';
import { deploymentJobEvents } from '../contract/events/deployment-job.ts';
import { jobEvents } from '../contract/events/job.ts';
import { patternOf } from '../contract/events/pattern.ts';
import { ENTITIES, REMOVED_ENTITIES } from '../contract/events/relay.ts';
import type { Bundles } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';
import { changed, readTableStream } from './table-stream.ts';
import type { Workflow } from './workflow.ts';

const died = (workflows: readonly Workflow[]): EventPattern =>
  patternOf([executionDied], {
    status: [...DEAD_STATUSES],
    stateMachineArn: workflows.map((workflow) => workflow.machine.stateMachineArn),
  });

/** A filter for what is always an event, and for each member one of what it makes an event: any that matches will do. */
const told = (): Record<string, unknown>[] => {
  const always = ENTITIES.filter(({ untold }) => untold === undefined).map(({ entity }) => entity);
  const unless = ENTITIES.flatMap(({ entity, untold = {} }) =>
    Object.entries(untold).map(([name, value]) => ({
      entity: FilterRule.isEqual(entity),
      [name]: FilterRule.notEquals(value),
    })),
  );
  return [{ entity: FilterRule.or(...always) }, ...unless];
};

interface EventsProps {
  readonly bundles: Bundles;
  readonly storage: Storage;
  readonly deadLetters: DeadLetters;
  readonly build: Workflow;
  readonly deployment: Workflow;
  readonly trigger: Workflow;
}

/** An event is tried for as long as the table's stream keeps changes. */
const MAX_EVENT_AGE = Duration.hours(24);

/** The bus of Staithe's own events, the relay that feeds it from the table's stream, and what listens to AWS. */
export class Events extends Construct {
  readonly bus: EventBus;
  readonly relay: StaitheFunction;

  readonly #deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: EventsProps) {
    super(scope, id);
    const { bundles, storage, build, deployment, trigger } = props;
    this.#deadLetters = props.deadLetters;
    this.bus = new EventBus(this, 'Bus', {
      // Without a name CDK would make one of the construct's path.
      eventBusName: Stack.of(this).stackName,
      description: 'Events of Staithe',
    });
    this.relay = this.addRelay(bundles, storage);
    this.listenToStorage(bundles, storage);
    this.listenToWorkflows(bundles, [build, trigger]);
    this.takeBackDeadDeployments(deployment);
    this.startNextInQueue(bundles);
    this.followDeployments(bundles);
    this.followDeploymentJobs(bundles);
    new Rule(this, 'Deliveries', {
      description: 'A webhook was stored: decide what to build',
      eventBus: this.bus,
      eventPattern: patternOf([deliveryEvents.events.received]),
      targets: [props.deadLetters.startOf(trigger)],
    });
  }

  private callOf(fn: StaitheFunction) {
    return this.#deadLetters.callOf(fn, { maxEventAge: MAX_EVENT_AGE });
  }

  private addRelay(bundles: Bundles, storage: Storage): StaitheFunction {
    const relay = new StaitheFunction(this, 'Relay', {
      bundles,
      entry: 'events/table-changed',
      description: 'Publishes changes of the table on the event bus',
    });
    readTableStream(relay, storage, [
      // Claims, pointers and the expiry of most items are no events.
      ...told().map((members) => changed('NewImage', members)),
      {
        eventName: FilterRule.isEqual('REMOVE'),
        ...changed('OldImage', { entity: FilterRule.or(...REMOVED_ENTITIES) }),
      },
    ]);
    return relay;
  }

  private listenToStorage(bundles: Bundles, storage: Storage): void {
    const arrived = new StaitheFunction(this, 'ObjectCreated', {
      bundles,
      entry: 'events/object-created',
      description: 'Reads stored sources, and plans the runs that wait for them',
      // A minute: 100 MiB of source are read in seconds; beyond that something hangs.
      timeout: Duration.seconds(60),
      memorySize: 1024,
    });
    new Rule(this, 'Uploads', {
      description: 'The bytes of a source have arrived',
      eventPattern: patternOf([objectCreated], {
        bucket: { name: [storage.bucket.bucketName] },
        object: { key: [{ wildcard: 'projects/*/sources/*' }] },
      }),
      targets: [this.callOf(arrived)],
    });
  }

  private listenToWorkflows(bundles: Bundles, workflows: readonly Workflow[]): void {
    const ended = new StaitheFunction(this, 'ExecutionEnded', {
      bundles,
      entry: 'events/execution-ended',
      description: 'Ends runs and deliveries whose workflow died',
    });
    new Rule(this, 'DeadWorkflows', {
      description: 'A workflow ended before it finished',
      eventPattern: died(workflows),
      targets: [this.callOf(ended)],
    });
  }

  /** A deployment whose workflow died is rolled back by the same step that the workflow would have called. */
  private takeBackDeadDeployments(deployment: Workflow): void {
    new Rule(this, 'DeadDeployments', {
      description: 'A deployment workflow ended before it finished',
      eventPattern: died([deployment]),
      targets: [this.callOf(deployment.steps)],
    });
  }

  /** The end of a deployment lets the next one begin, and its release go on. */
  private followDeployments(bundles: Bundles): void {
    const ended = new StaitheFunction(this, 'DeploymentEnded', {
      bundles,
      entry: 'events/deployment-ended',
      description: 'Begins the next deployment, and promotes what has succeeded',
    });
    const { succeeded, failed, rejected, cancelled, superseded, rolled_back } = deploymentEvents.events;
    new Rule(this, 'EndedDeployments', {
      description: 'A deployment has ended',
      eventBus: this.bus,
      eventPattern: patternOf([succeeded, failed, rejected, cancelled, superseded, rolled_back]),
      targets: [this.callOf(ended)],
    });
  }

  /** The end of a deployment's job wakes the workflow that waits for it. */
  private followDeploymentJobs(bundles: Bundles): void {
    const ended = new StaitheFunction(this, 'DeploymentJobEnded', {
      bundles,
      entry: 'events/deployment-job-ended',
      description: 'Continues a deployment when its job ends',
    });
    const { completed, failed, cancelled } = deploymentJobEvents.events;
    new Rule(this, 'EndedDeploymentJobs', {
      description: 'A job of a deployment has ended',
      eventBus: this.bus,
      eventPattern: patternOf([completed, failed, cancelled]),
      targets: [this.callOf(ended)],
    });
  }

  /** The end of a job gives its place in the project's queue to the next one. Only jobs of projects with a limit have one. */
  private startNextInQueue(bundles: Bundles): void {
    const ended = new StaitheFunction(this, 'JobEnded', {
      bundles,
      entry: 'events/job-ended',
      description: 'Starts the next job in the queue when a job ends',
    });
    new Rule(this, 'Queue', {
      description: 'A job of a project with a limit has ended',
      eventBus: this.bus,
      eventPattern: patternOf(
        [jobEvents.events.completed, jobEvents.events.failed, jobEvents.events.cancelled],
        { limited: [true] },
      ),
      targets: [this.callOf(ended)],
    });
  }
}
