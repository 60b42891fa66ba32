/** Releases: what is deployed, by digest. A release never changes, but for being yanked. */
export { create } from './create.ts';
export { diff } from './diff.ts';
export { list } from './list.ts';
export { get, resolve } from './resolve.ts';
export { assertDeployable, unyank, yank } from './yank.ts';
