/** Roles, weakest first: each may do what the ones before it may. */
import * as z from 'zod';

export const ROLES = ['viewer', 'developer', 'deployer', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Whether `held` may do what asks for `needed`. */
export function roleAllows(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}
