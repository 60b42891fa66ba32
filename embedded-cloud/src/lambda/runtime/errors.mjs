/** Errors of the Lambda Node.js runtime, and the JSON in which it reports any error. */
import { types } from 'node:util';

class RuntimeError extends Error {
  constructor(type, message) {
    super(message);
    this.name = `Runtime.${type}`;
  }
}

export class ImportModuleError extends RuntimeError {
  constructor(message) {
    super('ImportModuleError', message);
  }
}

export class UserCodeSyntaxError extends RuntimeError {
  constructor(message) {
    super('UserCodeSyntaxError', message);
  }
}

export class HandlerNotFound extends RuntimeError {
  constructor(message) {
    super('HandlerNotFound', message);
  }
}

export class MalformedHandlerName extends RuntimeError {
  constructor(message) {
    super('MalformedHandlerName', message);
  }
}

export class MarshalError extends RuntimeError {
  constructor(message) {
    super('MarshalError', message);
  }
}

export class CallbackHandlerDeprecated extends RuntimeError {
  constructor() {
    super(
      'CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. Use an async handler.',
    );
  }
}

export class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason) {
    super('UnhandledPromiseRejection', String(reason));
    this.reason = reason;
  }
}

/**
 * `{ errorType, errorMessage, trace }` as the Node.js runtime of Lambda reports an error.
 * @param {unknown} error whatever was thrown
 * @param {'trace' | 'stack'} traceName `stack` in log lines, where the error's own members are shown too
 */
export function describeError(error, traceName = 'trace') {
  const isError = types.isNativeError(error) || (error?.name && error?.message && error?.stack);
  if (!isError) return { errorType: typeof error, errorMessage: String(error), [traceName]: [] };
  const members = traceName === 'stack' || error instanceof UnhandledPromiseRejection ? { ...error } : {};
  if (types.isNativeError(members.reason)) members.reason = describeError(members.reason, traceName);
  const { name: _name, ...others } = members;
  const stack = error.stack ?? '';
  const headed = stack.startsWith('Error') ? stack.replace(/^Error/, error.name) : stack;
  return { errorType: error.name, errorMessage: error.message, ...others, [traceName]: headed.split('\n') };
}
