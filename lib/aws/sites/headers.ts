/** The headers with which a site's files are served. */
import { lookup } from 'mrmime';

/** The longest that RFC 9111 sees sense in; `immutable` (RFC 8246) saves the question whether it has changed. */
const FOREVER = 'public, max-age=31536000, immutable';
/** Kept, and asked for whether it has changed before each use. */
const REVALIDATED = 'no-cache';

const isText = (type: string): boolean => /^text\/|[/+](json|xml|javascript)$/.test(type);

export function headersOf(path: string, isImmutable: boolean): { ContentType: string; CacheControl: string } {
  const type = lookup(path) ?? 'application/octet-stream';
  return {
    ContentType: isText(type) ? `${type}; charset=utf-8` : type,
    CacheControl: isImmutable ? FOREVER : REVALIDATED,
  };
}
