import * as z from 'zod';

/** Whose tree it is. What a fork's pull request brings gets no secrets, and writes no cache that others read. */
export const Trust = z.enum(['own', 'fork']);
export type Trust = z.infer<typeof Trust>;

/** Of a pull request, which a repository has once; any other ref of a fork may be called as that of the next fork. */
const PULL_REQUEST = /^refs\/pull\/\d+\//;

/** What names a fork's pull request and no other, when its build was told. */
export function pullRequestOf(ref: string | undefined): string | undefined {
  return ref !== undefined && PULL_REQUEST.test(ref) ? ref : undefined;
}
