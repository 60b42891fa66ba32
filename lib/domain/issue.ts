/** What a schema's issue says to people. */
import type * as z from 'zod';

/** Of a wrong key zod says only that it is wrong; why stands one level deeper. */
export function reasonOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}
