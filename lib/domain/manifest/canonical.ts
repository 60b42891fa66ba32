/**
 * The canonical form of a manifest, of which its hash is: keys sorted, and without members that have their default. So
 * a field that a later version of Staithe adds, with its default, changes the hash of no manifest that does not use it.
 */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { canonicalJson, isObject, sha256Of } from '../canonical.ts';
import { Manifest } from './schema.ts';

/** @returns `sha256:` and 64 hex digits, of the canonical form's JSON in UTF-8 */
export function hashOf(manifest: Manifest): string {
  return sha256Of(canonicalManifest(manifest));
}

/** The canonical form as JSON. Read as a manifest, it is the same manifest again. */
export function canonicalManifest(manifest: Manifest): string {
  return canonicalJson(withoutDefaults(Manifest, manifest));
}

/**
 * The value without members that equal their schema's default. The schema is followed on its input side, as every
 * checked value of the manifest is valid input too.
 */
function withoutDefaults(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return withoutDefaults(schema.def.innerType, value);
  if (schema instanceof z.ZodPipe) return withoutDefaults(schema.def.in, value);
  if (schema instanceof z.ZodUnion) {
    const meant = schema.options.find((option) => z.safeParse(option, value).success);
    return meant === undefined ? value : withoutDefaults(meant, value);
  }
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => withoutDefaults(schema.element, item));
  if (schema instanceof z.ZodRecord && isObject(value))
    return mapMembers(value, (_, member) => withoutDefaults(schema.valueType, member));
  if (schema instanceof z.ZodObject && isObject(value))
    return mapMembers(value, (name, member) => memberWithoutDefault(schema.shape[name], member));
  return value;
}

function memberWithoutDefault(schema: z.core.$ZodType | undefined, member: unknown): unknown {
  if (schema === undefined) return member;
  const kept = withoutDefaults(schema, member);
  // Of the default too, what its own members have by default is left out: `auth: {}` says no more than no `auth`.
  const isDefault =
    schema instanceof z.ZodDefault &&
    isDeepStrictEqual(kept, withoutDefaults(schema, schema.def.defaultValue));
  return isDefault ? undefined : kept;
}

function mapMembers(
  value: Record<string, unknown>,
  change: (name: string, member: unknown) => unknown,
): Record<string, unknown> {
  const changed = Object.entries(value).map(([name, member]) => [name, change(name, member)] as const);
  return Object.fromEntries(changed.filter(([, member]) => member !== undefined));
}
