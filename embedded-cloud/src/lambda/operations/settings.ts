/** Tags, reserved concurrency, and how asynchronous invocations are retried. */
import { z } from 'zod';
import { accountQuotas } from '../../quotas.ts';
import type { Action, Call } from '../../service.ts';
import { UNRESERVED_MINIMUM } from '../concurrency.ts';
import {
  authorize,
  functionArn,
  invalidParameter,
  type Lambda,
  load,
  notFound,
  parse,
  requestTagValues,
  targetSchema,
} from '../context.ts';
import { destinationConfigSchema, destinationsOf } from '../destinations.ts';
import { parseFunctionName } from '../function-name.ts';
import type { FunctionRecord, InvokeConfig } from '../records.ts';

const tagSchema = z.looseObject({ Resource: z.string(), Tags: z.record(z.string(), z.string()) });
const untagSchema = z.looseObject({ Resource: z.string(), TagKeys: z.array(z.string()) });
const concurrencySchema = z.looseObject({
  FunctionName: z.string(),
  ReservedConcurrentExecutions: z.number().int().min(0),
});

export const invokeConfigSchema = z.looseObject({
  MaximumEventAgeInSeconds: z.coerce.number().int().min(60).max(21_600).optional(),
  MaximumRetryAttempts: z.coerce.number().int().min(0).max(2).optional(),
  DestinationConfig: destinationConfigSchema.optional(),
});

export function settingsOperations(lambda: Lambda): Record<string, Action> {
  return { ...tagOperations(lambda), ...concurrencyOperations(lambda), ...invokeConfigOperations(lambda) };
}

function tagOperations(lambda: Lambda): Record<string, Action> {
  return {
    TagResource: (input, call) => {
      const { Resource, Tags } = parse(tagSchema, input);
      const target = parseFunctionName(Resource);
      authorize(lambda, call, 'TagResource', target, requestTagValues(Tags));
      const record = lambda.store.get(target.name, functionArn(lambda, target));
      const tags = { ...record.tags, ...Tags };
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html: 50 tags at most.
      if (Object.keys(tags).length > 50) throw invalidParameter('Tags are limited to 50 a function.');
      lambda.store.save({ ...record, tags });
      return {};
    },
    UntagResource: (input, call) => {
      const { Resource, TagKeys } = parse(untagSchema, input);
      const target = parseFunctionName(Resource);
      authorize(lambda, call, 'UntagResource', target, { 'aws:TagKeys': TagKeys });
      const record = lambda.store.get(target.name, functionArn(lambda, target));
      const tags = Object.fromEntries(Object.entries(record.tags).filter(([key]) => !TagKeys.includes(key)));
      lambda.store.save({ ...record, tags });
      return {};
    },
    ListTags: (input, call) => {
      const { Resource } = parse(z.looseObject({ Resource: z.string() }), input);
      return { Tags: load(lambda, call, 'ListTags', parseFunctionName(Resource)).tags };
    },
  };
}

function concurrencyOperations(lambda: Lambda): Record<string, Action> {
  return {
    PutFunctionConcurrency: (input, call) => {
      const { FunctionName, ReservedConcurrentExecutions } = parse(concurrencySchema, input);
      const record = load(lambda, call, 'PutFunctionConcurrency', parseFunctionName(FunctionName));
      checkReservation(lambda, record.name, ReservedConcurrentExecutions);
      lambda.store.save({ ...record, reservedConcurrency: ReservedConcurrentExecutions });
      return { ReservedConcurrentExecutions };
    },
    GetFunctionConcurrency: (input, call) => {
      const { reservedConcurrency } = loadByName(lambda, input, call, 'GetFunctionConcurrency');
      return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
    },
    DeleteFunctionConcurrency: (input, call) => {
      const record = loadByName(lambda, input, call, 'DeleteFunctionConcurrency');
      const { reservedConcurrency: _dropped, ...rest } = record;
      lambda.store.save(rest);
      return {};
    },
  };
}

function loadByName(lambda: Lambda, input: unknown, call: Call, action: string): FunctionRecord {
  return load(lambda, call, action, parseFunctionName(parse(targetSchema, input).FunctionName));
}

/** @throws InvalidParameterValueException when the reservation leaves too little for the other functions */
export function checkReservation(lambda: Lambda, name: string, reserved: number): void {
  const others = lambda.store.all().filter((one) => one.name !== name);
  const sum = others.reduce((total, one) => total + (one.reservedConcurrency ?? 0), reserved);
  if (accountQuotas(lambda.cloud).concurrentExecutions - sum >= UNRESERVED_MINIMUM) return;
  throw invalidParameter(
    `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_MINIMUM}].`,
  );
}

function invokeConfigOperations(lambda: Lambda): Record<string, Action> {
  const put = (
    input: unknown,
    call: Call,
    action: string,
    base: (current?: InvokeConfig) => InvokeConfig | undefined,
  ) => {
    const request = parse(targetSchema.extend(invokeConfigSchema.shape), input);
    const target = parseFunctionName(request.FunctionName, request.Qualifier);
    const record = load(lambda, call, action, target);
    const config = invokeConfigOf(lambda, record, request, base(record.invokeConfigs[target.qualifier]));
    lambda.store.save({ ...record, invokeConfigs: { ...record.invokeConfigs, [target.qualifier]: config } });
    return describe(lambda, record.name, target.qualifier, config);
  };
  return {
    PutFunctionEventInvokeConfig: (input, call) =>
      put(input, call, 'PutFunctionEventInvokeConfig', () => undefined),
    UpdateFunctionEventInvokeConfig: (input, call) =>
      put(input, call, 'UpdateFunctionEventInvokeConfig', (one) => one),
    GetFunctionEventInvokeConfig: (input, call) => {
      const request = parse(targetSchema, input);
      const target = parseFunctionName(request.FunctionName, request.Qualifier);
      const record = load(lambda, call, 'GetFunctionEventInvokeConfig', target);
      const config = record.invokeConfigs[target.qualifier];
      if (!config)
        throw notFound(`The function ${functionArn(lambda, target)} doesn't have an EventInvokeConfig`);
      return describe(lambda, record.name, target.qualifier, config);
    },
    DeleteFunctionEventInvokeConfig: (input, call) => {
      const request = parse(targetSchema, input);
      const target = parseFunctionName(request.FunctionName, request.Qualifier);
      const record = load(lambda, call, 'DeleteFunctionEventInvokeConfig', target);
      const { [target.qualifier]: _dropped, ...invokeConfigs } = record.invokeConfigs;
      lambda.store.save({ ...record, invokeConfigs });
      return {};
    },
  };
}

/** @throws InvalidParameterValueException for destinations that the function cannot have */
export function invokeConfigOf(
  lambda: Lambda,
  record: FunctionRecord,
  request: z.infer<typeof invokeConfigSchema>,
  current?: InvokeConfig,
): InvokeConfig {
  return {
    maximumEventAge: request.MaximumEventAgeInSeconds ?? current?.maximumEventAge ?? 21_600,
    maximumRetries: request.MaximumRetryAttempts ?? current?.maximumRetries ?? 2,
    ...(request.DestinationConfig === undefined && current
      ? { onSuccess: current.onSuccess, onFailure: current.onFailure }
      : destinationsOf(lambda, record, request.DestinationConfig ?? {})),
    modified: Math.floor(Date.now() / 1000),
  };
}

function describe(lambda: Lambda, name: string, qualifier: string, config: InvokeConfig) {
  return {
    FunctionArn: functionArn(lambda, { name, qualifier: qualifier || '$LATEST' }),
    MaximumEventAgeInSeconds: config.maximumEventAge,
    MaximumRetryAttempts: config.maximumRetries,
    LastModified: config.modified,
    DestinationConfig: {
      OnSuccess: config.onSuccess === '' ? {} : { Destination: config.onSuccess },
      OnFailure: config.onFailure === '' ? {} : { Destination: config.onFailure },
    },
  };
}
