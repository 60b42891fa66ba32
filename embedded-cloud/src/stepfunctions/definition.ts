/**
 * The shape of a state machine in the Amazon States Language, JSONata only
 * (https://states-language.net/spec.html, https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
 * Fields that are not listed are refused, as AWS does. What the shape cannot say (targets, scopes, syntax of the
 * expressions) is checked in `validate.ts`.
 */
import { z } from 'zod';
import type { Json, JsonObject } from './json.ts';
import { isExpression } from './query.ts';

/** The longest wait or timeout that AWS takes: 99,999,999 s, about three years. */
export const MAX_SECONDS = 99_999_999;

const template = z.custom<Json>((value) => value !== undefined);
const assignments = z.record(
  // Names of variables: up to 80 characters, as identifiers (AWS, "Variable name syntax"); `states` is reserved.
  z
    .string()
    .regex(/^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u, 'Assign has a key that is no variable name')
    .refine((name) => name !== 'states', 'The variable name states is reserved'),
  template,
);
const expression = z.string().refine(isExpression, 'Expected a JSONata expression {% … %}');
const seconds = (minimum: number) => z.union([z.int().min(minimum).max(MAX_SECONDS), expression]);

const described = { Comment: z.string().optional(), QueryLanguage: z.literal('JSONata').optional() };
const onward = { Next: z.string().optional(), End: z.boolean().optional() };
const data = { Assign: assignments.optional(), Output: template.optional() };

const retrier = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.int().min(1).max(MAX_SECONDS).optional(),
  MaxAttempts: z.int().min(0).max(MAX_SECONDS).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  Comment: z.string().optional(),
});
const catcher = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  Next: z.string(),
  Assign: assignments.optional(),
  Output: template.optional(),
  Comment: z.string().optional(),
});
const handlers = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };

const task = z.strictObject({
  Type: z.literal('Task'),
  ...described,
  ...onward,
  ...data,
  ...handlers,
  Resource: z.string(),
  Arguments: template.optional(),
  TimeoutSeconds: seconds(1).optional(),
  HeartbeatSeconds: seconds(1).optional(),
});
const pass = z.strictObject({ Type: z.literal('Pass'), ...described, ...onward, ...data });
const wait = z.strictObject({
  Type: z.literal('Wait'),
  ...described,
  ...onward,
  ...data,
  Seconds: seconds(0).optional(),
  Timestamp: z.string().optional(),
});
const rule = z.strictObject({
  Condition: z.union([expression, z.boolean()]),
  Next: z.string(),
  Comment: z.string().optional(),
  ...data,
});
const choice = z.strictObject({
  Type: z.literal('Choice'),
  ...described,
  ...data,
  Choices: z.array(rule).min(1),
  Default: z.string().optional(),
});
const succeed = z.strictObject({ Type: z.literal('Succeed'), ...described, Output: template.optional() });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  ...described,
  Error: z.string().optional(),
  Cause: z.string().optional(),
});

export type Retrier = z.infer<typeof retrier>;
export type Catcher = z.infer<typeof catcher>;
export type TaskState = z.infer<typeof task>;
export type PassState = z.infer<typeof pass>;
export type WaitState = z.infer<typeof wait>;
export type ChoiceState = z.infer<typeof choice>;
export type SucceedState = z.infer<typeof succeed>;
export type FailState = z.infer<typeof fail>;

/** States and where they begin: a whole machine, a Parallel's branch, a Map's item processor. */
export interface Flow {
  StartAt: string;
  States: Record<string, State>;
}
interface Steered {
  Comment?: string | undefined;
  QueryLanguage?: 'JSONata' | undefined;
  Next?: string | undefined;
  End?: boolean | undefined;
  Assign?: JsonObject | undefined;
  Output?: Json | undefined;
  Retry?: Retrier[] | undefined;
  Catch?: Catcher[] | undefined;
}
export interface ParallelState extends Steered {
  Type: 'Parallel';
  Branches: Flow[];
  Arguments?: Json | undefined;
}
export interface MapState extends Steered {
  Type: 'Map';
  ItemProcessor: Flow;
  Items?: Json | undefined;
  ItemSelector?: Json | undefined;
  MaxConcurrency?: number | string | undefined;
  ToleratedFailureCount?: number | string | undefined;
  ToleratedFailurePercentage?: number | string | undefined;
}
export type State =
  | TaskState
  | PassState
  | WaitState
  | ChoiceState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** States whose failures may be retried and caught. */
export type HandledState = TaskState | ParallelState | MapState;

const states: z.ZodType<Record<string, State>> = z.lazy(() => z.record(z.string().min(1).max(80), state));
const branch: z.ZodType<Flow> = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata').optional(),
  StartAt: z.string(),
  States: states,
});
const itemProcessor: z.ZodType<Flow> = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata').optional(),
  ProcessorConfig: z
    .strictObject({
      Mode: z.literal('INLINE', 'The embedded cloud runs Map states in INLINE mode only').optional(),
    })
    .optional(),
  StartAt: z.string(),
  States: states,
});
const parallel = z.strictObject({
  Type: z.literal('Parallel'),
  ...described,
  ...onward,
  ...data,
  ...handlers,
  Arguments: template.optional(),
  Branches: z.array(branch).min(1),
});
const map = z.strictObject({
  Type: z.literal('Map'),
  ...described,
  ...onward,
  ...data,
  ...handlers,
  Items: z.union([z.array(template), expression]).optional(),
  ItemSelector: template.optional(),
  ItemProcessor: itemProcessor,
  MaxConcurrency: z.union([z.int().min(0), expression]).optional(),
  ToleratedFailureCount: z.union([z.int().min(0), expression]).optional(),
  ToleratedFailurePercentage: z.union([z.number().min(0).max(100), expression]).optional(),
});

const state = z.discriminatedUnion('Type', [task, pass, wait, choice, succeed, fail, parallel, map]);

export const machine = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata'),
  Version: z.literal('1.0').optional(),
  StartAt: z.string(),
  States: states,
  TimeoutSeconds: z.int().min(1).max(MAX_SECONDS).optional(),
});
export type Machine = z.infer<typeof machine>;
