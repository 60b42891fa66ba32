/** The settings of a mapping from a DynamoDB stream to a function. */
import { z } from 'zod';
import { invalidParameter } from '../context.ts';

const whole = z.coerce.number().int();
const flag = z.union([z.boolean(), z.stringbool()]);

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html, as far as streams go. */
export const mappingSchema = z.looseObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: flag.default(true),
  BatchSize: whole.min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: whole.min(0).max(300).default(0),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })).default([]) }).optional(),
  BisectBatchOnFunctionError: flag.default(false),
  /** -1: for as long as the stream keeps the record. */
  MaximumRetryAttempts: whole.min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: whole.min(-1).max(604_800).default(-1),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ParallelizationFactor: whole.min(1).max(10).default(1),
  DestinationConfig: z
    .object({ OnFailure: z.object({ Destination: z.string().optional() }).optional() })
    .optional(),
  TumblingWindowInSeconds: whole.optional(),
});
export type MappingSettings = z.infer<typeof mappingSchema>;

export interface Mapping extends MappingSettings {
  readonly UUID: string;
}

/** @throws InvalidParameterValueException for sources and settings that the embedded cloud does not have */
export function checkMapping(settings: MappingSettings): void {
  const service = settings.EventSourceArn.split(':')[2];
  if (service !== 'dynamodb') {
    throw invalidParameter(
      `The embedded cloud maps DynamoDB streams to functions, not ${service}: ${settings.EventSourceArn}`,
    );
  }
  if (settings.DestinationConfig?.OnFailure?.Destination) {
    throw invalidParameter(
      'The embedded cloud does not support DestinationConfig of an event source mapping.',
    );
  }
  if (settings.TumblingWindowInSeconds) {
    throw invalidParameter('The embedded cloud does not support TumblingWindowInSeconds.');
  }
}
