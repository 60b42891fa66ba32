/** Errors as Step Functions caught them, and the message of one that a Lambda step threw. */
import * as z from 'zod';
import { THROTTLED_STEP } from '../lib/domain/throttling.ts';

export const Caught = z.object({ error: z.string(), cause: z.string().default('') });

const THROTTLED: ReadonlySet<string> = new Set(THROTTLED_STEP);

/** @param cause `{"errorType":…,"errorMessage":…,"trace":…}`, or any other text */
export function messageOfCause(cause: string, fallback: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message: unknown =
      typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'errorMessage') : undefined;
    if (typeof message === 'string') return message;
  } catch {
    // not JSON: the cause is the message itself
  }
  return cause === '' ? fallback : cause;
}

/** Why a workflow gives up, in a sentence. */
export function reasonOf({ error, cause }: z.infer<typeof Caught>): string {
  const message = messageOfCause(cause, error);
  if (!THROTTLED.has(error)) return message;
  return `AWS throttled the calls of this account for minutes (${error}: ${message}): too many deployments run at the same time, or another client calls the same API.`;
}
