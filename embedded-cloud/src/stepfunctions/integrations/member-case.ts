/**
 * Step Functions takes and shows every parameter in PascalCase, also of services whose own members are camelCase
 * (https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html).
 */
import type { Json } from '../json.ts';

function rename(value: Json, name: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => rename(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [name(key), rename(member, name)]));
}

export function toCamelCase(value: Json): Json {
  return rename(value, (key) => key.charAt(0).toLowerCase() + key.slice(1));
}

export function toPascalCase(value: Json): Json {
  return rename(value, (key) => key.charAt(0).toUpperCase() + key.slice(1));
}
