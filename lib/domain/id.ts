/** Ids are a type prefix and a ULID (https://github.com/ulid/spec): sortable by time, and their kind can be read. */
import { createHash } from 'node:crypto';
import * as z from 'zod';

export const ID_PREFIXES = {
  project: 'prj',
  source: 'src',
  build: 'bld',
  run: 'run',
  job: 'job',
  artifact: 'art',
  release: 'rel',
  deployment: 'dep',
  delivery: 'dlv',
  token: 'tok',
  user: 'usr',
  subscription: 'sub',
  notification: 'ntf',
  entry: 'aud',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** A ULID is 26 characters of Crockford's base 32 and begins with 0 to 7, as its time has 48 bits. */
const ULID = '[0-7][0-9A-HJKMNP-TV-Z]{25}';

const idOf = (kind: IdKind) =>
  z
    .string()
    .regex(
      new RegExp(`^${ID_PREFIXES[kind]}_${ULID}$`),
      `must be the id of ${/^[aeio]/.test(kind) ? 'an' : 'a'} ${kind}: ${ID_PREFIXES[kind]}_ and 26 characters`,
    )
    .meta({ examples: [`${ID_PREFIXES[kind]}_01JZX3V5N8Q2R4T6W8Y0A1B2C3`] });

/** The schema of each kind of id: it refuses ids of any other kind. */
export const Id = {
  project: idOf('project'),
  source: idOf('source'),
  build: idOf('build'),
  run: idOf('run'),
  job: idOf('job'),
  artifact: idOf('artifact'),
  release: idOf('release'),
  deployment: idOf('deployment'),
  delivery: idOf('delivery'),
  token: idOf('token'),
  user: idOf('user'),
  subscription: idOf('subscription'),
  notification: idOf('notification'),
  entry: idOf('entry'),
} as const satisfies Record<IdKind, z.ZodType<string>>;

/** Puts the prefix of `kind` before a ULID. */
export function idFrom(kind: IdKind, ulid: string): string {
  return `${ID_PREFIXES[kind]}_${ulid}`;
}

export const ulidOf = (id: string): string => id.slice(id.indexOf('_') + 1);

const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * An id that follows from another one and from what it stands for, so that a repeat needs no look-up: the time of the
 * other's ULID, and 80 bits of a hash where a ULID has randomness.
 */
export function derivedId(kind: IdKind, from: string, ...parts: readonly string[]): string {
  return idFrom(kind, ulidOf(from).slice(0, 10) + hashed([from, ...parts]));
}

/** The same for what follows from no other id, but from a time (milliseconds since the epoch). */
export function idAt(kind: IdKind, time: number, ...parts: readonly string[]): string {
  return idFrom(kind, timeOfUlid(time) + hashed(parts));
}

function hashed(parts: readonly string[]): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest();
  return Array.from(hash.subarray(0, 16), (byte) => BASE32[byte % 32]).join('');
}

/** How a ULID of this time begins. */
export function timeOfUlid(milliseconds: number): string {
  let left = milliseconds;
  let time = '';
  for (let digit = 0; digit < 10; digit++) {
    time = BASE32.charAt(left % 32) + time;
    left = Math.floor(left / 32);
  }
  return time;
}
