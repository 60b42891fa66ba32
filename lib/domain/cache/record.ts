import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Cache } from './schema.ts';

/** A cache as the table keeps it: with its place among others (scope.ts). */
const CacheRecord = Cache.extend({ place: z.string(), group: z.string() });
export type CacheRecord = z.infer<typeof CacheRecord>;

export const caches = collection({
  kind: 'cache',
  schema: CacheRecord,
  key: (cache) => Keys.cache(cache.project_id, cache.place),
  // By time, so that the newest of a group is the first of its partition.
  index: (cache) => ({
    gsi1pk: Partitions.alikeCaches(cache.project_id, cache.group),
    gsi1sk: `${cache.saved_at}#${cache.key}`,
  }),
  ttl: (cache) => Math.floor(Date.parse(cache.expires_at) / 1000),
});
