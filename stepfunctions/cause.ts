/** The message of an error that a Lambda step threw, as Step Functions hands it on. */

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
