/** Versions of releases and ranges of them, by Semantic Versioning 2.0.0 as npm's `semver` reads it. */
import Range from 'semver/classes/range.js';
import type SemVer from 'semver/classes/semver.js';
import compareBuild from 'semver/functions/compare-build.js';
import inc from 'semver/functions/inc.js';
import parse from 'semver/functions/parse.js';
import * as z from 'zod';

/** Numbers and identifiers of 100 characters: a longer version fits no column and no tag. */
const VERSION_MAX = 100;
/** 128 as of tags. Each alternative (`||`) of a range takes a query: at most 43 fit. */
const RANGE_MAX = 128;

const textOf = ({ version, build }: SemVer): string =>
  build.length === 0 ? version : `${version}+${build.join('.')}`;

/** `semver` also reads `v1.2.3` and blanks around a version; a version has one form here. */
const isVersion = (text: string): boolean => {
  const parsed = parse(text);
  return parsed !== null && textOf(parsed) === text;
};

export const Version = z
  .string()
  .max(VERSION_MAX)
  .refine(isVersion, 'must be a semantic version such as 1.2.3')
  .meta({ examples: ['0.1.0'] });

/** A range in the syntax of npm: `^1.2`, `1.x`, `>=1 <2`, `~1.4 || ^2`. */
export const VersionRange = z
  .string()
  .min(1)
  .max(RANGE_MAX)
  .refine((text) => rangeOf(text) !== undefined, 'must be a range of semantic versions such as ^1.2')
  .meta({ examples: ['^1.2'] });

export const BUMPS = ['patch', 'minor', 'major'] as const;
/** Which part of the newest version is raised for the next one. */
export const Bump = z.enum(BUMPS);
export type Bump = z.infer<typeof Bump>;

/** @returns undefined when the text is no range */
export function rangeOf(text: string): Range | undefined {
  if (text.trim() === '' || text.length > RANGE_MAX) return undefined;
  try {
    return new Range(text);
  } catch {
    return undefined; // a TypeError says so
  }
}

/** The higher of versions; build metadata breaks ties. */
export const highest = (versions: readonly string[]): string | undefined =>
  versions.toSorted(compareBuild).at(-1);

/** The version after the newest; of a prerelease, the release that it leads to. `undefined`: the first one, after 0.0.0. */
export const nextVersion = (newest: string | undefined, bump: Bump): string | undefined =>
  [inc(newest ?? '0.0.0', bump)].find((version) => version !== null && isVersion(version)) ?? undefined;

/** Versions without and with a prerelease part, apart: a range mostly means the former alone. */
export type VersionKind = 'stable' | 'prerelease';

/** Where a version stands among others of a project. */
export interface VersionKey {
  readonly kind: VersionKind;
  /** Sorts as text by the precedence of semver.org, section 11, across both kinds; build metadata breaks ties. */
  readonly key: string;
}

/** Keys from `from` to `to`, both included. */
export interface VersionSpan {
  readonly kind: VersionKind;
  readonly from: string;
  readonly to: string;
}

/**
 * The length before the digits: numbers of any size sort as text. In ASCII, what ends a key (a blank) sorts before what
 * goes on with another identifier (`!`), and that before all characters of identifiers; a version without a prerelease part
 * (`~`) sorts after those with one (`-`).
 */
const numberKey = (digits: string): string => `${String(digits.length).padStart(2, '0')}${digits}`;
const coreKey = ({ major, minor, patch }: SemVer): string =>
  [major, minor, patch].map((number) => numberKey(String(number))).join('.');
const identifierKey = (identifier: string | number): string =>
  /^\d+$/.test(String(identifier)) ? `0${numberKey(String(identifier))}` : `1${identifier}`;
const keyWithoutBuild = (version: SemVer): string =>
  version.prerelease.length === 0
    ? `${coreKey(version)}~`
    : `${coreKey(version)}-${version.prerelease.map(identifierKey).join('!')}`;
/** After all versions of this precedence, whatever their build metadata. */
const AFTER_BUILDS = ' ~';
/** After all prereleases of the same numbers. */
const AFTER_PRERELEASES = '-~';

/** @returns undefined for what an older version took and `semver` does not: numbers above 2^53 */
export function versionKey(version: string): VersionKey | undefined {
  const parsed = parse(version);
  if (parsed === null) return undefined;
  return {
    kind: parsed.prerelease.length === 0 ? 'stable' : 'prerelease',
    key: `${keyWithoutBuild(parsed)} ${parsed.build.join('.')}`,
  };
}

type Comparator = Range['set'][number][number];

/**
 * The spans of keys that a range allows, none twice: as a range knows no "not", each of its alternatives is one span of
 * stable versions, and one of the prereleases of each version that it names with a prerelease part.
 */
export function spansOf(range: Range): VersionSpan[] {
  return disjoint(
    range.set.flatMap((alternative) => {
      const comparators = alternative.filter(({ value }) => value !== '');
      const named = comparators.filter(({ semver }) => semver.prerelease.length > 0);
      const tuples = [...new Set(named.map(({ semver }) => coreKey(semver)))];
      return [
        within('stable', '', '~', comparators),
        ...tuples.map((tuple) =>
          within('prerelease', `${tuple}-`, `${tuple}${AFTER_PRERELEASES}`, comparators),
        ),
      ];
    }),
  );
}

function within(
  kind: VersionKind,
  first: string,
  last: string,
  comparators: readonly Comparator[],
): VersionSpan {
  let [from, to] = [first, last];
  const atLeast = (key: string) => {
    if (key > from) from = key;
  };
  const atMost = (key: string) => {
    if (key < to) to = key;
  };
  for (const { operator, semver } of comparators) {
    const key = keyWithoutBuild(semver);
    if (operator === '>') atLeast(key + (semver.prerelease.length === 0 ? AFTER_BUILDS : '!'));
    if (operator === '>=' || operator === '' || operator === '=') atLeast(key);
    if (operator === '<') atMost(key);
    if (operator === '<=' || operator === '' || operator === '=') atMost(key + AFTER_BUILDS);
  }
  return { kind, from, to };
}

/** Of each kind in order, with those that overlap as one, and without empty ones. */
function disjoint(spans: readonly VersionSpan[]): VersionSpan[] {
  const sorted = spans
    .filter(({ from, to }) => from <= to)
    .toSorted((a, b) => (`${a.kind} ${a.from}` < `${b.kind} ${b.from}` ? -1 : 1));
  const found: VersionSpan[] = [];
  for (const span of sorted) {
    const before = found.at(-1);
    if (before === undefined || before.kind !== span.kind || before.to < span.from) found.push(span);
    else if (before.to < span.to) found[found.length - 1] = { ...before, to: span.to };
  }
  return found;
}
