/**
 * `console` as the Lambda Node.js runtime patches it: lines of `time, request id, level, message` divided by tabs, or
 * one JSON object a line when the function's log format is JSON
 * (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html).
 */
import { writeSync } from 'node:fs';
import { format } from 'node:util';
import { describeError } from './errors.mjs';

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const methods = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };

/** Writes to the log whole: a pipe that is full for the moment is tried again, so that no line is cut or lost. */
export function logTo(text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
    }
  }
}

/** @param {() => string | undefined} requestId of the invocation that is being handled */
export function patchConsole(requestId) {
  const json = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
  const least = levels.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? 'TRACE');
  for (const [method, level] of Object.entries(methods)) {
    console[method] = (...values) => {
      if (json && levels.indexOf(level) < least) return;
      logTo(json ? jsonLine(level, requestId(), values) : textLine(level, requestId(), values));
    };
  }
  process.stdout.write = passOn;
  process.stderr.write = passOn;
}

/** Raw writes go into the same pipe, so that the order of all output is kept. */
function passOn(chunk, encoding, callback) {
  logTo(
    typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk,
  );
  const done = typeof encoding === 'function' ? encoding : callback;
  if (done) process.nextTick(done);
  return true;
}

// A line break inside one message travels as a carriage return; the reader of the pipe turns it back.
function textLine(level, requestId, values) {
  const message = format(...values).replace(/\n/g, '\r');
  return `${new Date().toISOString()}\t${requestId ?? 'undefined'}\t${level}\t${message}\n`;
}

function jsonLine(level, requestId, values) {
  const [first] = values;
  const line = { timestamp: new Date().toISOString(), level, requestId };
  line.message =
    values.length === 1 && first !== null && typeof first === 'object' && !(first instanceof Error)
      ? first
      : format(...values);
  const error = values.find((value) => value instanceof Error);
  if (error) Object.assign(line, { ...describeError(error, 'stackTrace') });
  try {
    return `${JSON.stringify(line)}\n`;
  } catch {
    return `${JSON.stringify({ ...line, message: format(...values) })}\n`;
  }
}
