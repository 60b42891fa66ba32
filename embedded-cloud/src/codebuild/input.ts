/** Reading the requests of CodeBuild: what does not fit becomes an InvalidInputException. */
import type { z } from 'zod';
import { AwsError } from '../service.ts';

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInputException', message);
}

/** @throws AwsError InvalidInputException naming the first offending member */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalidInput(`Invalid ${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'invalid'}`);
}
