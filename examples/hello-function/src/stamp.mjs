/** Which source this was built from; build.mjs writes it. */
export const STAMP = 'source';
