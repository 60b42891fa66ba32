/** Targets of rules: which there are, and how an event reaches each of them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AwsError, type Cloud, notImplemented, type Principal } from '../service.ts';
import { busNameOf, checkRegion, type Place } from './arn.ts';
import { checkDeadLetterConfig } from './dead-letter.ts';
import { validationError } from './input.ts';
import { isObject, type JsonObject } from './pattern/json.ts';
import { checkTargetInput, inputShape } from './target-input.ts';
import { queuePath, ruleService } from './target-principal.ts';

/** Retried for a day and at most 185 times unless the target says otherwise (RetryPolicy reference). */
const DEFAULT_EVENT_AGE_SECONDS = 86_400;
const DEFAULT_RETRIES = 185;

export const targetShape = inputShape.extend({
  Id: z.string().min(1).max(64),
  Arn: z.string().min(1).max(1600),
  RoleArn: z.string().optional(),
  RetryPolicy: z
    .object({
      MaximumEventAgeInSeconds: z.coerce
        .number()
        .int()
        .min(60)
        .max(86_400)
        .default(DEFAULT_EVENT_AGE_SECONDS),
      MaximumRetryAttempts: z.coerce.number().int().min(0).max(185).default(DEFAULT_RETRIES),
    })
    .optional(),
  DeadLetterConfig: z.object({ Arn: z.string().optional() }).optional(),
});
export type Target = z.infer<typeof targetShape>;

export function retryPolicy(target: Target): { maxAgeMs: number; maxRetries: number } {
  return {
    maxAgeMs: (target.RetryPolicy?.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE_SECONDS) * 1000,
    maxRetries: target.RetryPolicy?.MaximumRetryAttempts ?? DEFAULT_RETRIES,
  };
}

/** One event on its way to one target. */
export interface Shipment {
  readonly target: Target;
  readonly ruleArn: string;
  readonly event: JsonObject;
  /** What the target receives. */
  readonly input: string;
  /** The same for every attempt, so that targets which know repeats can drop them. */
  readonly key: string;
}

export type Send = (shipment: Shipment) => Promise<unknown>;

interface Kind {
  readonly arn: RegExp;
  readonly needsRole: boolean;
  readonly send: (cloud: Cloud, shipment: Shipment, name: string, forward: Forward) => Promise<unknown>;
}

/** Hands an event to another bus as `principal`. */
export type Forward = (principal: Principal, bus: string, event: JsonObject) => Promise<unknown>;

const KINDS: readonly Kind[] = [
  {
    arn: /^arn:[^:]+:lambda:[^:]*:[^:]*:function:(.+)$/,
    needsRole: false,
    send: (cloud, { target, ruleArn, input }) =>
      cloud.call(ruleService(ruleArn), 'lambda', 'Invoke', {
        FunctionName: target.Arn,
        InvocationType: 'Event',
        Payload: input,
      }),
  },
  {
    arn: /^arn:[^:]+:states:[^:]*:[^:]*:stateMachine:(.+)$/,
    needsRole: true,
    async send(cloud, { target, input, key }) {
      try {
        return await cloud.call(roleOf(cloud, target), 'states', 'StartExecution', {
          stateMachineArn: target.Arn,
          name: key,
          input,
        });
      } catch (error) {
        // The attempt before this one had got through.
        if (error instanceof AwsError && error.code === 'ExecutionAlreadyExists') return undefined;
        throw error;
      }
    },
  },
  {
    arn: /^arn:[^:]+:codebuild:[^:]*:[^:]*:project\/(.+)$/,
    needsRole: true,
    send: (cloud, { target, key }, projectName) =>
      cloud.call(roleOf(cloud, target), 'codebuild', 'StartBuild', {
        // Only a constant or a template can hold overrides: the event itself is no request of StartBuild.
        ...buildOverrides(target),
        projectName,
        idempotencyToken: key,
      }),
  },
  {
    arn: /^arn:[^:]+:sqs:[^:]*:\d{12}:([A-Za-z0-9_-]+)$/,
    needsRole: false,
    send: (cloud, { target, ruleArn, input }) =>
      cloud.call(ruleService(ruleArn), 'sqs', 'SendMessage', {
        QueueUrl: queuePath(target.Arn),
        MessageBody: input,
      }),
  },
  {
    arn: /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/,
    needsRole: false,
    send: writeLog,
  },
  {
    arn: /^arn:[^:]+:events:[^:]*:[^:]*:event-bus\/(.+)$/,
    needsRole: true,
    send: (cloud, { target, event }, _name, forward) =>
      forward(roleOf(cloud, target), busNameOf(target.Arn), event),
  },
];

/**
 * Refuses a target that the embedded cloud cannot serve, when the rule is made and not when the first event is lost.
 * @throws AwsError NotImplemented, ValidationException
 */
export function checkTarget(place: Place, target: Target): void {
  const kind = KINDS.find((each) => each.arn.test(target.Arn));
  if (!kind) {
    const service = target.Arn.split(':')[2] ?? target.Arn;
    throw notImplemented('events', `targets of the service '${service}' (${target.Arn})`);
  }
  checkRegion(place, target.Arn, `Target ${target.Id}`);
  if (kind.needsRole && target.RoleArn === undefined) {
    throw validationError(`RoleArn is required for target ${target.Arn}.`);
  }
  checkTargetInput(target, target.Id);
  checkDeadLetterConfig(place, target);
}

/** Delivers one shipment. Rejects with the target's own AwsError. */
export function sender(cloud: Cloud, forward: Forward): Send {
  return async (shipment) => {
    for (const kind of KINDS) {
      const name = kind.arn.exec(shipment.target.Arn)?.[1];
      if (name !== undefined) return kind.send(cloud, shipment, name, forward);
    }
    throw notImplemented('events', `target ${shipment.target.Arn}`);
  };
}

/** @throws AwsError FailedToAssumeRole, for a role that is gone, or whose trust policy does not admit EventBridge */
function roleOf(cloud: Cloud, target: Target): Principal {
  try {
    return cloud.role(target.RoleArn ?? '', 'events.amazonaws.com');
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError('FailedToAssumeRole', error.message, error.status);
  }
}

function buildOverrides(target: Target): JsonObject {
  if (target.Input === undefined) return {};
  const parsed: unknown = JSON.parse(target.Input);
  return isObject(parsed) ? parsed : {};
}

/** A log group gets each event as one line in a stream of the day; the group's resource policy has to allow it. */
async function writeLog(cloud: Cloud, { ruleArn, input }: Shipment, group: string): Promise<unknown> {
  const principal = ruleService(ruleArn);
  const day = new Date(cloud.now()).toISOString().slice(0, 10);
  const stream = `${day}/${createHash('sha256').update(ruleArn).digest('hex').slice(0, 32)}`;
  const place = { logGroupName: group, logStreamName: stream };
  try {
    await cloud.call(principal, 'logs', 'CreateLogStream', place);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ResourceAlreadyExistsException') throw error;
  }
  return cloud.call(principal, 'logs', 'PutLogEvents', {
    ...place,
    logEvents: [{ timestamp: cloud.now(), message: input }],
  });
}
