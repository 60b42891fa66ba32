/** How large an answer of the API may be: Lambda's limit, and what of it lists of one run may take. */

/** Lambda answers with 6 MB at most (docs: Lambda quotas, synchronous invocation payload); a rest is left for the frame. */
export const ANSWER_MAX_BYTES = 5 * 1024 * 1024;

/** What a value takes of an answer: JSON within the JSON of Lambda's own answer, which escapes quotes once more. */
export function wireBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(value) ?? ''));
}

/** The first items that fit, and at least one. */
export function firstWithin<T>(items: readonly T[], maxBytes: number): T[] {
  let left = maxBytes;
  const beyond = items.findIndex((item, index) => {
    left -= wireBytes(item);
    return left < 0 && index > 0;
  });
  return beyond === -1 ? [...items] : items.slice(0, beyond);
}
