import * as z from 'zod';

/** Whose tree it is. What a fork's pull request brings gets no secrets, and writes no cache that others read. */
export const Trust = z.enum(['own', 'fork']);
export type Trust = z.infer<typeof Trust>;
