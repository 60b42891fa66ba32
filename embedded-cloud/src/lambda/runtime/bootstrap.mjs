/**
 * The program that runs in the child process of one execution environment: what `/var/runtime` is on AWS Lambda. It
 * loads the handler once and then, one event at a time, speaks the Lambda Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). It uses nothing of the rest of this repository.
 */
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { logTo, patchConsole } from './console.mjs';
import {
  CallbackHandlerDeprecated,
  describeError,
  MarshalError,
  UnhandledPromiseRejection,
} from './errors.mjs';
import { loadHandler } from './handler.mjs';

// To import it would make Node load all of undici, for the names that node:http exports lazily: 15 ms of each cold start.
const http = process.getBuiltinModule('node:http');

const [host, token] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split('/');
const base = `/${token}/2018-06-01/runtime`;
const [hostname, port] = (host ?? '').split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// File descriptor 3 is a pipe whose other end only the parent holds: it ends when the parent dies in whatever way, and
// an execution environment without its parent has no reason to live.
const lifeline = new Socket({ fd: 3 });
lifeline.on('error', () => process.exit(1)).on('close', () => process.exit(1));
lifeline.resume().unref();

/** @returns {Promise<{ headers: http.IncomingHttpHeaders, body: string }>} */
function request(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path: base + path, headers };
    const sent = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.setNoDelay(true);
    sent.end(body);
  });
}

/** The invocation that is being handled, if any. */
let current;

/** Tells the parent, in the order of the log itself, that every line of this invocation was written. */
function endOfLog(requestId) {
  logTo(`\u001e${token} ${requestId} ${process.resourceUsage().maxRSS}\n`);
}

async function respond(invocation, kind, body) {
  if (current !== invocation) return;
  current = undefined;
  endOfLog(invocation.requestId);
  await request('POST', `/invocation/${invocation.requestId}/${kind}`, body, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  invocation.done();
}

function fail(invocation, error) {
  console.error('Invoke Error', JSON.stringify(describeError(error, 'stack')));
  return respond(invocation, 'error', JSON.stringify(describeError(error)));
}

async function succeed(invocation, result) {
  let body;
  try {
    body = JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    return fail(invocation, new MarshalError('Unable to stringify response body'));
  }
  return respond(invocation, 'response', body);
}

/** An error that no handler caught: Lambda reports it for the current invocation and ends the environment. */
async function crash(error) {
  const invocation = current;
  if (invocation) {
    console.error('Uncaught Exception', JSON.stringify(describeError(error, 'stack')));
    await respond(invocation, 'error', JSON.stringify(describeError(error))).catch(() => {});
  } else if (!initialized) await initError(error);
  process.exit(129);
}

async function initError(error) {
  console.error('Uncaught Exception', JSON.stringify(describeError(error, 'stack')));
  endOfLog('init');
  await request('POST', '/init/error', JSON.stringify(describeError(error))).catch(() => {});
  process.exit(1);
}

function contextOf(invocation, headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  const context = {
    awsRequestId: invocation.requestId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext ? JSON.parse(clientContext) : undefined,
    identity: undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, result) => (error ? fail(invocation, error) : succeed(invocation, result)),
    fail: (error) => fail(invocation, error),
    succeed: (result) => succeed(invocation, result),
  };
  return context;
}

async function handle(handler, headers, body) {
  const finished = Promise.withResolvers();
  const invocation = { requestId: headers['lambda-runtime-aws-request-id'], done: finished.resolve };
  current = invocation;
  if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  const context = contextOf(invocation, headers);
  // A handler that never answers leaves an empty event loop at last: Lambda then answers null.
  let atRest = () => succeed(invocation, null);
  const callback = (error, result) => {
    const answer = () => (error ? fail(invocation, error) : succeed(invocation, result));
    // With callbackWaitsForEmptyEventLoop the answer of a callback waits until nothing is left to do.
    if (context.callbackWaitsForEmptyEventLoop && !error) atRest = answer;
    else answer();
  };
  try {
    const returned = handler(JSON.parse(body), context, callback);
    if (typeof returned?.then === 'function') {
      Promise.resolve(returned).then(
        (result) => succeed(invocation, result),
        (error) => fail(invocation, error),
      );
    } else if (handler.length < 3) succeed(invocation, returned);
  } catch (error) {
    fail(invocation, error);
  }
  const drained = () => atRest();
  process.on('beforeExit', drained);
  await finished.promise;
  process.off('beforeExit', drained);
}

let initialized = false;
patchConsole(() => current?.requestId);
process.on('uncaughtException', (error) => void crash(error));
process.on('unhandledRejection', (reason) => void crash(new UnhandledPromiseRejection(reason)));

let handler;
try {
  handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? '', process.env._HANDLER ?? '');
  // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html: callbacks ended with Node.js 24.
  if (handler.length > 2 && Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1]) >= 24) {
    throw new CallbackHandlerDeprecated();
  }
} catch (error) {
  await initError(error);
}
initialized = true;
// Node would write its compile cache when it exits, but an environment is killed. Soon after the start it is in nobody's
// way, and the next environments of this code start quicker.
setTimeout(() => flushCompileCache?.(), 100).unref();
for (;;) {
  const next = await request('GET', '/invocation/next').catch(() => process.exit(1));
  await handle(handler, next.headers, next.body).catch(() => process.exit(1));
}
