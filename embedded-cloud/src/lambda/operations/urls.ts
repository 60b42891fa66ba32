/** Function URL configurations. */
import { z } from 'zod';
import type { Action, Call } from '../../service.ts';
import {
  authorize,
  conflict,
  functionArn,
  invalidParameter,
  type Lambda,
  load,
  notFound,
  parse,
  targetSchema,
} from '../context.ts';
import { type FunctionName, parseFunctionName } from '../function-name.ts';
import type { FunctionUrls } from '../function-urls.ts';
import { corsSchema, type FunctionRecord, type FunctionUrl } from '../records.ts';
import { resolveVersion } from '../resolve.ts';

export const urlSettings = z.looseObject({
  AuthType: z.enum(['NONE', 'AWS_IAM']).optional(),
  Cors: corsSchema.optional(),
  InvokeMode: z.enum(['BUFFERED', 'RESPONSE_STREAM']).optional(),
});

const requestSchema = urlSettings.extend(targetSchema.shape);

export function urlOperations(lambda: Lambda, listeners: FunctionUrls): Record<string, Action> {
  const read = (input: unknown, call: Call, action: string) => {
    const request = parse(requestSchema, input);
    const target = parseFunctionName(request.FunctionName, request.Qualifier);
    authorize(lambda, call, action, target, { 'lambda:FunctionUrlAuthType': request.AuthType });
    return { request, target, record: lambda.store.get(target.name, functionArn(lambda, target)) };
  };
  const existing = (record: FunctionRecord, target: FunctionName): FunctionUrl => {
    const url = record.urls[target.qualifier];
    if (!url) throw notFound('The resource you requested does not exist.');
    return url;
  };
  return {
    CreateFunctionUrlConfig: async (input, call) => {
      const { request, target, record } = read(input, call, 'CreateFunctionUrlConfig');
      const arn = functionArn(lambda, target);
      if (record.urls[target.qualifier]) {
        throw conflict(
          `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
        );
      }
      const url = await putUrl(lambda, listeners, target, request);
      return describe(lambda, target, url);
    },
    GetFunctionUrlConfig: (input, call) => {
      const { target, record } = read(input, call, 'GetFunctionUrlConfig');
      return describe(lambda, target, existing(record, target));
    },
    UpdateFunctionUrlConfig: async (input, call) => {
      const { request, target, record } = read(input, call, 'UpdateFunctionUrlConfig');
      existing(record, target);
      return describe(lambda, target, await putUrl(lambda, listeners, target, request));
    },
    DeleteFunctionUrlConfig: async (input, call) => {
      const { target, record } = read(input, call, 'DeleteFunctionUrlConfig');
      existing(record, target);
      const { [target.qualifier]: _dropped, ...urls } = record.urls;
      lambda.store.save({ ...record, urls });
      await listeners.close(target.name, target.qualifier);
      return {};
    },
    ListFunctionUrlConfigs: (input, call) => {
      const { FunctionName } = parse(targetSchema, input);
      const record = load(lambda, call, 'ListFunctionUrlConfigs', parseFunctionName(FunctionName));
      const FunctionUrlConfigs = Object.entries(record.urls).map(([qualifier, url]) =>
        describe(lambda, { name: record.name, qualifier }, url),
      );
      return { FunctionUrlConfigs };
    },
  };
}

/** Makes or changes the URL of a function or alias, and listens on its port. */
export async function putUrl(
  lambda: Lambda,
  listeners: FunctionUrls,
  target: FunctionName,
  request: z.infer<typeof urlSettings>,
): Promise<FunctionUrl> {
  const { name, qualifier } = target;
  if (request.AuthType === 'AWS_IAM')
    throw invalidParameter('The embedded cloud supports function URLs of AuthType NONE, not AWS_IAM.');
  if (request.InvokeMode === 'RESPONSE_STREAM') {
    throw invalidParameter(
      'The embedded cloud supports function URLs of InvokeMode BUFFERED, not RESPONSE_STREAM.',
    );
  }
  if (/^(\$LATEST|\d+)$/.test(qualifier))
    throw invalidParameter('A function URL belongs to a function or to an alias, not to a version.');
  resolveVersion(lambda, lambda.store.get(name, functionArn(lambda, target)), qualifier);
  const port = await lambda.cloud.port(`url:${name}:${qualifier}`);
  await listeners.open(name, qualifier, port);
  const record = lambda.store.get(name, functionArn(lambda, target));
  const current = record.urls[qualifier];
  const now = new Date().toISOString();
  const cors = request.Cors ?? current?.cors;
  const url: FunctionUrl = {
    url: `http://127.0.0.1:${port}/`,
    port,
    authType: 'NONE',
    ...(cors && { cors }),
    created: current?.created ?? now,
    modified: now,
  };
  lambda.store.save({ ...record, urls: { ...record.urls, [qualifier]: url } });
  return url;
}

function describe(lambda: Lambda, target: FunctionName, url: FunctionUrl) {
  return {
    FunctionUrl: url.url,
    FunctionArn: functionArn(lambda, target),
    AuthType: url.authType,
    ...(url.cors && { Cors: url.cors }),
    CreationTime: url.created,
    LastModifiedTime: url.modified,
    InvokeMode: 'BUFFERED',
  };
}
