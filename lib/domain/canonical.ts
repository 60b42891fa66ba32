/** JSON in one form only, so that a hash of it stands for the value. */
import { createHash } from 'node:crypto';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with keys in code-unit order, as RFC 8785 section 3.2.3 sorts them. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : member,
  );
}

/** @returns `sha256:` and 64 hex digits, of the text in UTF-8 */
export const sha256Of = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
