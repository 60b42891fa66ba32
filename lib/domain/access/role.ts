/** Roles, weakest first: each may do what the ones before it may. */
import * as z from 'zod';

export const ROLES = ['viewer', 'developer', 'deployer', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Whether `held` may do what asks for `needed`. */
export function roleAllows(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}

/** The highest of several roles, undefined where there is none. */
export function highest(roles: readonly (Role | undefined)[]): Role | undefined {
  return ROLES.findLast((role) => roles.includes(role));
}

/** The lower of two; no role is lower than any. */
export function lower(one: Role | undefined, other: Role | undefined): Role | undefined {
  if (one === undefined || other === undefined) return undefined;
  return roleAllows(one, other) ? other : one;
}
