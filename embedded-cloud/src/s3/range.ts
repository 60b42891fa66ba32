/** The `Range` header (RFC 9110 section 14), as S3 takes it: one range; anything else is ignored. */
import { s3Error } from './errors.ts';

/** Both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * @returns undefined when the whole object is meant: no header, another unit, several ranges or nonsense
 * @throws InvalidRange when the range has no byte of the object
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null || header === undefined) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw s3Error('InvalidRange', undefined, { RangeRequested: header, ActualObjectSize: String(size) });
  }
  return { start, end };
}
