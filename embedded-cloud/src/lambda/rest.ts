/** Lambda's REST protocol: which method and path is which operation, and where its parameters travel. */
import { buffer } from 'node:stream/consumers';
import {
  type Action,
  AwsError,
  type Call,
  type HttpRequest,
  type HttpResponse,
  notImplemented,
} from '../service.ts';

/** Method, path, operation, success status: as in the service's own API model. */
const operations: readonly (readonly [method: string, path: string, operation: string, status: number])[] = [
  ['POST', '/2015-03-31/functions', 'CreateFunction', 201],
  ['GET', '/2015-03-31/functions', 'ListFunctions', 200],
  ['GET', '/2015-03-31/functions/{FunctionName}', 'GetFunction', 200],
  ['DELETE', '/2015-03-31/functions/{FunctionName}', 'DeleteFunction', 204],
  ['GET', '/2015-03-31/functions/{FunctionName}/configuration', 'GetFunctionConfiguration', 200],
  ['PUT', '/2015-03-31/functions/{FunctionName}/configuration', 'UpdateFunctionConfiguration', 200],
  ['PUT', '/2015-03-31/functions/{FunctionName}/code', 'UpdateFunctionCode', 200],
  ['POST', '/2015-03-31/functions/{FunctionName}/invocations', 'Invoke', 200],
  ['POST', '/2015-03-31/functions/{FunctionName}/versions', 'PublishVersion', 201],
  ['GET', '/2015-03-31/functions/{FunctionName}/versions', 'ListVersionsByFunction', 200],
  ['POST', '/2015-03-31/functions/{FunctionName}/aliases', 'CreateAlias', 201],
  ['GET', '/2015-03-31/functions/{FunctionName}/aliases', 'ListAliases', 200],
  ['GET', '/2015-03-31/functions/{FunctionName}/aliases/{Name}', 'GetAlias', 200],
  ['PUT', '/2015-03-31/functions/{FunctionName}/aliases/{Name}', 'UpdateAlias', 200],
  ['DELETE', '/2015-03-31/functions/{FunctionName}/aliases/{Name}', 'DeleteAlias', 204],
  ['POST', '/2015-03-31/functions/{FunctionName}/policy', 'AddPermission', 201],
  ['GET', '/2015-03-31/functions/{FunctionName}/policy', 'GetPolicy', 200],
  ['DELETE', '/2015-03-31/functions/{FunctionName}/policy/{StatementId}', 'RemovePermission', 204],
  ['POST', '/2021-10-31/functions/{FunctionName}/url', 'CreateFunctionUrlConfig', 201],
  ['GET', '/2021-10-31/functions/{FunctionName}/url', 'GetFunctionUrlConfig', 200],
  ['PUT', '/2021-10-31/functions/{FunctionName}/url', 'UpdateFunctionUrlConfig', 200],
  ['DELETE', '/2021-10-31/functions/{FunctionName}/url', 'DeleteFunctionUrlConfig', 204],
  ['GET', '/2021-10-31/functions/{FunctionName}/urls', 'ListFunctionUrlConfigs', 200],
  ['POST', '/2017-03-31/tags/{Resource}', 'TagResource', 204],
  ['GET', '/2017-03-31/tags/{Resource}', 'ListTags', 200],
  ['DELETE', '/2017-03-31/tags/{Resource}', 'UntagResource', 204],
  ['PUT', '/2017-10-31/functions/{FunctionName}/concurrency', 'PutFunctionConcurrency', 200],
  ['DELETE', '/2017-10-31/functions/{FunctionName}/concurrency', 'DeleteFunctionConcurrency', 204],
  ['GET', '/2019-09-30/functions/{FunctionName}/concurrency', 'GetFunctionConcurrency', 200],
  ['PUT', '/2019-09-25/functions/{FunctionName}/event-invoke-config', 'PutFunctionEventInvokeConfig', 200],
  [
    'POST',
    '/2019-09-25/functions/{FunctionName}/event-invoke-config',
    'UpdateFunctionEventInvokeConfig',
    200,
  ],
  ['GET', '/2019-09-25/functions/{FunctionName}/event-invoke-config', 'GetFunctionEventInvokeConfig', 200],
  [
    'DELETE',
    '/2019-09-25/functions/{FunctionName}/event-invoke-config',
    'DeleteFunctionEventInvokeConfig',
    204,
  ],
  ['GET', '/2015-03-31/event-source-mappings', 'ListEventSourceMappings', 200],
  ['GET', '/2015-03-31/event-source-mappings/{UUID}', 'GetEventSourceMapping', 200],
];

const routes = operations.map(([method, path, operation, status]) => ({
  method,
  pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`),
  operation,
  status,
}));

/** A create or update carries at most 50 MB of zip, as base64 in JSON: 70 MB with the rest of the request. */
const BODY_LIMIT = 73_400_320;

/** Serves one request by the action of the same name. */
export async function handleRest(
  actions: Readonly<Record<string, Action>>,
  request: HttpRequest,
  call: Call,
): Promise<HttpResponse> {
  // The whole body is read before any answer, so that a client that still sends is not cut off.
  const body = await buffer(request.body);
  const matched = routes
    .filter(({ method }) => method === request.method)
    .map((route) => ({ route, match: route.pattern.exec(request.path) }));
  const found = matched.find(({ match }) => match !== null);
  const action = found && actions[found.route.operation];
  if (!found || !action) throw notImplemented('lambda', `${request.method} ${request.path}`);
  if (body.length > BODY_LIMIT) {
    throw new AwsError(
      'RequestEntityTooLargeException',
      `Request must be smaller than ${BODY_LIMIT} bytes`,
      413,
    );
  }
  const { operation, status } = found.route;
  const parameters = parametersOf(found.match?.groups ?? {}, request.query);
  const headers = { 'x-amzn-requestid': call.requestId, 'content-type': 'application/json' };
  if (operation === 'Invoke') {
    return invokeResponse(await action(invokeInput(parameters, request, body), call), headers);
  }
  const output = await action({ ...members(body), ...parameters }, call);
  if (status === 204) return { status, headers: { 'x-amzn-requestid': call.requestId } };
  return { status, headers, body: JSON.stringify(output) };
}

function parametersOf(path: Readonly<Record<string, string>>, query: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(path)) result[name] = decodeURIComponent(value);
  const search = new URLSearchParams(query);
  for (const name of search.keys()) {
    if (name === 'tagKeys') result.TagKeys = search.getAll(name);
    else result[name] = search.get(name) ?? '';
  }
  return result;
}

function members(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    if (value !== null && typeof value === 'object') return { ...value };
  } catch {
    // Answered below, like any other body that is not an object.
  }
  throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json', 400);
}

function invokeInput(
  parameters: Record<string, unknown>,
  request: HttpRequest,
  body: Buffer,
): Record<string, unknown> {
  const header = (name: string) => request.headers[name];
  return {
    ...parameters,
    InvocationType: header('x-amz-invocation-type'),
    LogType: header('x-amz-log-type'),
    ClientContext: header('x-amz-client-context'),
    Payload: body.toString(),
    Admission: 'ordinary',
  };
}

function invokeResponse(output: unknown, base: Record<string, string>): HttpResponse {
  const result: Record<string, unknown> = output !== null && typeof output === 'object' ? { ...output } : {};
  const headers: Record<string, string> = { ...base };
  const carried = {
    'x-amz-executed-version': 'ExecutedVersion',
    'x-amz-function-error': 'FunctionError',
    'x-amz-log-result': 'LogResult',
  };
  for (const [header, member] of Object.entries(carried)) {
    const value = result[member];
    if (typeof value === 'string') headers[header] = value;
  }
  return {
    status: Number(result.StatusCode),
    headers,
    body: typeof result.Payload === 'string' ? result.Payload : '',
  };
}
