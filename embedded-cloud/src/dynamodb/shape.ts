/** Reading parsed JSON without trusting it: each function gives the value if it has the shape, else nothing. */

export type Json = Record<string, unknown>;

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json | undefined {
  return isJson(value) ? value : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The objects of a list; what is no object is left out. */
export function records(value: unknown): Json[] {
  return list(value).filter(isJson);
}
