import { Duration } from 'aws-cdk-lib';
import {
  type LambdaFunctionProps,
  LambdaFunction as LambdaTarget,
  SfnStateMachine,
} from 'aws-cdk-lib/aws-events-targets';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { KEPT_DAYS } from '../domain/dead-letters.ts';
import type { StaitheFunction } from './function.ts';
import type { Workflow } from './workflow.ts';

/** What looks at dead letters hides them from others for a minute: twice what API Gateway lets it work. */
const VISIBILITY = Duration.minutes(1);

/**
 * The one queue of events that came to nothing: those that EventBridge could not deliver, and those that a function has
 * failed on three times. Whatever a rule calls is made a target here, so that none is without it.
 */
export class DeadLetters extends Construct {
  readonly queue: Queue;
  readonly #functions = new Set<StaitheFunction>();
  readonly #workflows = new Set<Workflow>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(KEPT_DAYS),
      visibilityTimeout: VISIBILITY,
    });
  }

  /**
   * A function as the target of a rule. Its own failures come to the queue as well, but for one that a schedule calls
   * anyway: the next call makes good what one has not done, and alarms of their own count those failures.
   */
  callOf(
    fn: StaitheFunction,
    options: Pick<LambdaFunctionProps, 'maxEventAge' | 'retryAttempts'>,
  ): LambdaTarget {
    if (!this.#functions.has(fn) && !fn.isLeftToNextCall) this.keepFailuresOf(fn);
    this.#functions.add(fn);
    return new LambdaTarget(fn.lambda, { ...options, deadLetterQueue: this.queue });
  }

  /** A workflow as the target of a rule: its input is the event. */
  startOf(workflow: Workflow): SfnStateMachine {
    this.#workflows.add(workflow);
    return new SfnStateMachine(workflow.machine, { deadLetterQueue: this.queue });
  }

  private keepFailuresOf(fn: StaitheFunction): void {
    fn.grant({}, { actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] });
    fn.lambda.configureAsyncInvoke({ onFailure: new SqsDestination(this.queue) });
    // Lambda refuses a destination that the function's role may not send to.
    const policy = fn.role.node.findChild('DefaultPolicy');
    fn.lambda.node.findChild('EventInvokeConfig').node.addDependency(policy);
  }

  /** Lets a function look at the letters, and hand them to their targets again. After all targets were made. */
  grantRedrive(to: StaitheFunction): void {
    to.grant(
      { STAITHE_DEAD_LETTERS: this.queue.queueUrl },
      {
        actions: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'],
        resources: [this.queue.queueArn],
      },
      {
        actions: ['lambda:InvokeFunction'],
        resources: [...this.#functions].map(({ lambda }) => lambda.functionArn),
      },
      {
        actions: ['states:StartExecution'],
        resources: [...this.#workflows].map(({ machine }) => machine.stateMachineArn),
      },
    );
  }
}
