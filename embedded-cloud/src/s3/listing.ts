/** Walks the keys of a bucket in the order of S3 (bytes of UTF-8), folding those behind a delimiter together. */
import type { DatabaseSync } from 'node:sqlite';
import { s3Error } from './errors.ts';
import { type ObjectVersion, toObjectVersion } from './schema.ts';

export interface ListQuery {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what comes after this key. A common prefix that ends a page counts as seen with all that it covers. */
  readonly after: string;
  /** With `after` of a version listing: the version of that key which was the last one seen. */
  readonly afterSequence?: number | undefined;
  readonly limit: number;
  /** All versions and delete markers, newest first, instead of the objects that are there. */
  readonly versions: boolean;
}

export interface Listing {
  readonly objects: readonly ObjectVersion[];
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
  /** The last key or common prefix of this page. */
  readonly last: string;
  readonly lastObject: ObjectVersion | undefined;
}

/** The smallest text above every text that begins with `prefix`; undefined when there is none. */
export function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // Surrogates (U+D800 to U+DFFF) are no characters; UTF-8 goes on at U+E000.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/** Where to go on: behind this version of this key, and not below `from`. */
interface Cursor {
  readonly key: string;
  readonly sequence: number;
  readonly from: string;
}

export function list(database: DatabaseSync, query: ListQuery): Listing {
  const { prefix, delimiter, limit, after } = query;
  const objects: ObjectVersion[] = [];
  const prefixes: string[] = [];
  let last = after;
  let lastObject: ObjectVersion | undefined;
  const page = (truncated: boolean): Listing => ({ objects, prefixes, truncated, last, lastObject });
  // A page that ended with a common prefix goes on behind everything that the prefix covers.
  const ended = commonPrefix(after, prefix, delimiter) === after;
  let cursor: Cursor | undefined = behind(
    { key: after, sequence: query.afterSequence ?? 0, from: prefix },
    after,
    ended,
  );
  while (cursor !== undefined) {
    let next: Cursor | undefined;
    for (const row of rows(database, query, cursor)) {
      if (objects.length + prefixes.length >= limit) return page(limit > 0);
      const object = toObjectVersion(row);
      const folded = commonPrefix(object.key, prefix, delimiter);
      last = folded ?? object.key;
      lastObject = folded === undefined ? object : undefined;
      if (folded === undefined) {
        objects.push(object);
        continue;
      }
      // One seek a common prefix, however many keys it covers.
      prefixes.push(folded);
      next = behind(cursor, folded, true);
      break;
    }
    cursor = next;
  }
  return page(false);
}

/** The cursor behind all keys that begin with `text`; undefined when there can be none. */
function behind(cursor: Cursor, text: string, covered: boolean): Cursor | undefined {
  if (!covered) return cursor;
  const from = successor(text);
  return from === undefined ? undefined : { ...cursor, from };
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function rows(database: DatabaseSync, query: ListQuery, { key, sequence, from }: Cursor): Iterable<unknown> {
  const end = successor(query.prefix);
  const which = query.versions ? '' : 'AND latest = 1 AND marker = 0';
  const order = query.versions ? 'key, sequence DESC' : 'key';
  // The highest bound comes first, so that the index is entered there.
  const start = Buffer.compare(Buffer.from(key), Buffer.from(from)) > 0 ? key : from;
  return database
    .prepare(
      `SELECT * FROM objects WHERE bucket = ? AND key >= ? AND (key > ? OR (key = ? AND sequence < ?))
         ${which} ${end === undefined ? '' : 'AND key < ?'} ORDER BY ${order}`,
    )
    .iterate(query.bucket, start, key, key, sequence, ...(end === undefined ? [] : [end]));
}

/** `max-keys` and its like: 1,000 unless told otherwise, and never more. @throws InvalidArgument */
export function pageSize(query: ReadonlyMap<string, string>, name: string): number {
  const text = query.get(name);
  if (text === undefined || text === '') return 1000;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647) {
    throw s3Error('InvalidArgument', `Argument ${name} must be an integer between 0 and 2147483647`, {
      ArgumentName: name,
      ArgumentValue: text,
    });
  }
  return Math.min(Number(text), 1000);
}

/** `encoding-type=url`: names are percent-encoded, save the slash. @throws InvalidArgument for another type */
export function nameEncoder(query: ReadonlyMap<string, string>): (name: string) => string {
  const type = query.get('encoding-type');
  if (type === undefined) return (name) => name;
  if (type !== 'url') {
    throw s3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
      ArgumentName: 'encoding-type',
      ArgumentValue: type,
    });
  }
  return (name) => encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%20', '+');
}
