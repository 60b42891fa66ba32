/** Projects that a list is over; `isAll` of all that there are at the moment. */
export type Listable<P extends { readonly id: string }> = readonly P[] & { readonly isAll?: boolean };

/**
 * What a list's cursors are sealed to of its projects: one that is named or that the token is bound to, but not all that
 * there were when a page was read, as one may be created or deleted before the next.
 */
export const scopeOf = (projects: Listable<{ readonly id: string }>): 'all' | string[] =>
  projects.isAll === true ? 'all' : projects.map(({ id }) => id);
