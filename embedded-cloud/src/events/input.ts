/** Reading the requests of EventBridge: what does not fit becomes a ValidationException. */
import type { z } from 'zod';
import { AwsError } from '../service.ts';

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** @throws AwsError ValidationException naming the first offending member */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue?.path.join('.') || 'request';
  throw validationError(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${issue?.message ?? 'invalid'}`,
  );
}
