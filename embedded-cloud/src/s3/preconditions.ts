/** Conditional requests (RFC 9110 section 13, and "Conditional requests" in the S3 User Guide). */
import { s3Error } from './errors.ts';
import type { ObjectVersion } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

/** Tags of `If-Match` and `If-None-Match`, without quotes and weakness mark. */
function listed(header: string): string[] {
  return header.split(',').map((tag) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1'),
  );
}

function names(header: string, object: ObjectVersion): boolean {
  const tags = listed(header);
  return tags.includes('*') || tags.includes(object.etag);
}

function since(header: string | undefined): number | undefined {
  const time = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * For reads. `prefix` is `x-amz-copy-source-` for the source of a copy, where every failure is a 412.
 * @returns whether the answer is 304 Not Modified
 * @throws PreconditionFailed
 */
export function notModified(headers: Headers, object: ObjectVersion, prefix = ''): boolean {
  const ifMatch = headers[`${prefix}if-match`];
  const ifNoneMatch = headers[`${prefix}if-none-match`];
  const unmodified = since(headers[`${prefix}if-unmodified-since`]);
  const modified = since(headers[`${prefix}if-modified-since`]);
  // HTTP dates have whole seconds.
  const time = Math.floor(object.modified / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!names(ifMatch, object)) throw s3Error('PreconditionFailed', undefined, { Condition: 'If-Match' });
  } else if (unmodified !== undefined && time > unmodified) {
    throw s3Error('PreconditionFailed', undefined, { Condition: 'If-Unmodified-Since' });
  }
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, object);
  return modified !== undefined && time <= modified;
}

/**
 * For writes: `If-None-Match: *` and `If-Match: <etag>`; S3 knows no others.
 * @returns the check to make against what is there at the moment of the write
 * @throws NotImplemented for another `If-None-Match`
 */
export function writePrecondition(headers: Headers): (current: ObjectVersion | undefined) => void {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw s3Error('NotImplemented', undefined, { Header: 'If-None-Match' });
  }
  return (current) => {
    if (ifNoneMatch !== undefined && current !== undefined) {
      throw s3Error('PreconditionFailed', undefined, { Condition: 'If-None-Match' });
    }
    if (ifMatch === undefined) return;
    if (current === undefined) throw s3Error('NoSuchKey');
    if (!names(ifMatch, current)) throw s3Error('PreconditionFailed', undefined, { Condition: 'If-Match' });
  };
}
