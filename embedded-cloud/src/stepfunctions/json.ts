/** JSON values, and the size limits that Step Functions puts on them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * Maximum input or output of a state, a task or an execution, and of one variable: 256 KiB as UTF-8
 * (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
 */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Whether a text is longer than the payload limit. Only texts near the limit are measured byte by byte. */
export function isTooLarge(text: string): boolean {
  // One UTF-16 unit is one to three bytes of UTF-8.
  if (text.length > MAX_PAYLOAD_BYTES) return true;
  return text.length * 3 > MAX_PAYLOAD_BYTES && Buffer.byteLength(text) > MAX_PAYLOAD_BYTES;
}

/** Parses a JSON text. @throws SyntaxError when it is none */
export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same value as plain JSON: what is not JSON (undefined members, class instances) becomes what JSON makes of it. */
export function toJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : parseJson(text);
}
