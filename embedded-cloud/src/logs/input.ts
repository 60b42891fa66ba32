/** Reading the requests of CloudWatch Logs: what does not fit becomes the service's own validation error. */
import type { z } from 'zod';
import { AwsError } from '../service.ts';

/** The error of CloudWatch Logs for a member that is missing or out of range. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/**
 * Parses a request.
 * @throws AwsError InvalidParameterException naming the first offending member
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue?.path.join('.') || 'request';
  throw invalidParameter(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${issue?.message ?? 'invalid'}`,
  );
}
