import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Cache } from './schema.ts';

/** A cache as it is stored: with its sort key, and the group of its partition in the index (scope.ts). */
const CacheRecord = Cache.extend({
  sort_key: z.string(),
  /** The former name of the sort key, which the version before needs; removed with the next version. */
  place: z.string().optional(),
  group: z.string(),
});
export type CacheRecord = z.infer<typeof CacheRecord>;

/** Caches of an older version have the sort key as `place`. */
const upgraded = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && 'place' in item ? { sort_key: item.place, ...item } : item;

export const caches = collection({
  kind: 'cache',
  schema: z.preprocess(upgraded, CacheRecord),
  key: (cache) => Keys.cache(cache.project_id, cache.sort_key),
  // By time, so that the newest of a group is the first of its partition.
  index: (cache) => ({
    gsi1pk: Partitions.alikeCaches(cache.project_id, cache.group),
    gsi1sk: `${cache.saved_at}#${cache.key}`,
  }),
  ttl: (cache) => Math.floor(Date.parse(cache.expires_at) / 1000),
});
