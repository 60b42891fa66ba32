/**
 * Who may read whose caches. It is all in these two pure functions:
 *
 * | a build of          | writes          | reads                                            |
 * | ------------------- | --------------- | ------------------------------------------------ |
 * | the default branch  | its branch      | its branch                                       |
 * | another own branch  | its branch      | its branch, then the default branch              |
 * | no branch           | the branchless  | the branchless, then the default branch          |
 * | a fork              | the fork's ref  | the fork's ref, then the default branch (own)    |
 *
 * So nothing that a fork wrote is ever read by an own build, nor by another pull request; and a branch that nobody has
 * reviewed yet changes nothing for the default branch.
 */
import { createHash } from 'node:crypto';
import type { Trust } from '../execution/model/trust.ts';
import { inOrder } from '../matrix.ts';
import type { CacheKey } from './schema.ts';

export interface Scope {
  readonly trust: Trust;
  /** A branch of the project, '' for none; of a fork whatever names the pull request. */
  readonly ref: string;
}

/** What of a build decides about its scopes. */
export interface Origin {
  readonly trust: Trust;
  readonly branch?: string | undefined;
  /** Of a fork: what names its pull request, and no other. */
  readonly forkRef: string;
}

const branchScope = (branch: string | undefined): Scope => ({ trust: 'own', ref: branch ?? '' });

export function writtenScope({ trust, branch, forkRef }: Origin): Scope {
  return trust === 'fork' ? { trust, ref: forkRef } : branchScope(branch);
}

/** Best first. */
export function readableScopes(origin: Origin, defaultBranch: string): Scope[] {
  const written = writtenScope(origin);
  const defaultScope = branchScope(defaultBranch);
  return written.trust === defaultScope.trust && written.ref === defaultScope.ref
    ? [written]
    : [written, defaultScope];
}

/** What must be the same for a cache to be of use at all, whatever its key. */
export interface Kind {
  readonly service: string;
  readonly matrix: Readonly<Record<string, string>>;
  /** The toolchains of the job, as its environment names them. */
  readonly toolchain: string;
}

/** JSON before hashing: a name with a separator in it can never be taken for two. */
const hashOf = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** Names the caches of one scope and one kind with the same paths, whatever their key. */
export function groupOf(scope: Scope, kind: Kind, { paths, platform }: CacheKey): string {
  const cell = inOrder(kind.matrix);
  return hashOf(scope.trust, scope.ref, kind.service, cell, kind.toolchain, platform, [...paths].sort());
}

/** 60 characters of a branch, which stand there for the order of lists: beyond its hash says which it is. */
const SHOWN_REF = 60;

/** The sort key of one cache: by service and branch, as lists show them. Below the 1024 bytes of DynamoDB. */
export function sortKeyOf(scope: Scope, kind: Kind, cache: CacheKey): string {
  const ref = encodeURIComponent(scope.ref.toWellFormed().slice(0, SHOWN_REF).toWellFormed());
  return `${kind.service}#${ref}#${hashOf(groupOf(scope, kind, cache), cache.key)}`;
}
