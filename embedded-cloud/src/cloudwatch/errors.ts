/** Errors of CloudWatch, by the names of their shapes, and how a request is read. */
import type { z } from 'zod';
import { AwsError, notImplemented } from '../service.ts';

/** The signing name of CloudWatch. */
export const NAME = 'monitoring';

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombinationException', message);
}

export function missingParameter(name: string): AwsError {
  return new AwsError('MissingRequiredParameterException', `The parameter ${name} is required.`);
}

export function alarmNotFound(names: readonly string[]): AwsError {
  return new AwsError('ResourceNotFound', `Alarms not found: ${names.join(', ')}`, 404);
}

/** Of something that CloudWatch has and the embedded cloud has not. */
export function unsupported(what: string): AwsError {
  return notImplemented(NAME, what);
}

/** @throws InvalidParameterValueException that names the first member at fault, MissingRequiredParameterException */
export function parse<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  const isMissing = issue?.code === 'invalid_type' && issue.message.endsWith('received undefined');
  throw isMissing ? missingParameter(path) : invalidValue(`${path}: ${issue?.message}`);
}
