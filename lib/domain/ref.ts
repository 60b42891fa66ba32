/** Refs: people write `main` where git writes `refs/heads/main`. */

/** What is no full name is a branch's. */
export const fullRef = (ref: string): string => (ref.startsWith('refs/') ? ref : `refs/heads/${ref}`);
