import * as z from 'zod';
import { Trust } from '../execution/model/trust.ts';
import { Id } from '../id.ts';
import { line } from '../text.ts';
import { PresignedUpload } from '../upload.ts';
import { Name, Sha256, Timestamp } from '../values.ts';

/** 2 GiB packed: at 100 MB/s it takes 20 s to fetch; what is larger is rarely faster to fetch than to make again. */
export const CACHE_MAX_BYTES = 2 * 1024 ** 3;

/** A cache that is used is saved again when it is so old, which begins its life anew. */
export const CACHE_REFRESH_DAYS = 7;
/** 14 days without a use, after the 7 in which uses leave no trace. S3 counts from when bytes were stored, and knows no use. */
export const CACHE_EXPIRES_DAYS = CACHE_REFRESH_DAYS + 14;

/** What a cache is of: the paths as the manifest names them, and the hash of the content of its key files. */
const CacheKey = z.strictObject({
  paths: z
    .array(line(1024))
    .min(1)
    .max(20)
    .meta({ examples: [['node_modules']] }),
  key: Sha256,
  /** Where it was made: files of one machine need not be good for another. */
  platform: z
    .string()
    .regex(/^[a-z0-9]{1,20}-[a-z0-9_]{1,20}$/, 'must be system-processor, such as linux-arm64')
    .meta({ examples: ['linux-arm64'] }),
});
export type CacheKey = z.infer<typeof CacheKey>;

export const RestoreCaches = z.strictObject({ caches: z.array(CacheKey).min(1).max(10) });
export type RestoreCaches = z.infer<typeof RestoreCaches>;

const PackedCache = CacheKey.extend({
  sha256: Sha256,
  size_bytes: z
    .int()
    .min(1)
    .max(CACHE_MAX_BYTES, 'must be at most 2 GiB')
    .meta({ examples: [2048] }),
});
export const SaveCaches = z.strictObject({ caches: z.array(PackedCache).min(1).max(10) });
export type SaveCaches = z.infer<typeof SaveCaches>;

/**
 * `exact`: of files with the same content. `newest`: of the same paths, when the key files were others; most of it is
 * still of use. `save` says whether the job should save its own when it has succeeded.
 */
export const FoundCache = z.object({
  hit: z.enum(['exact', 'newest', 'none']),
  /** The branch that wrote it, null when it had none. */
  branch: z.string().nullable(),
  download: z.object({ url: z.url(), sha256: Sha256, size_bytes: z.int() }).nullable(),
  save: z.boolean(),
});
export type FoundCache = z.infer<typeof FoundCache>;

/** In the order of the request. */
export const RestoredCaches = z.object({ caches: z.array(FoundCache) });
export type RestoredCaches = z.infer<typeof RestoredCaches>;
export const CacheUploads = z.object({ uploads: z.array(PresignedUpload) });
export type CacheUploads = z.infer<typeof CacheUploads>;
export const ConfirmedCaches = z.object({ saved: z.int() });
export type ConfirmedCaches = z.infer<typeof ConfirmedCaches>;

/** A cache as it is kept. */
export const Cache = z.object({
  project_id: Id.project,
  service: Name,
  /** The cell of the matrix that wrote it, and reads it. */
  matrix: z.record(z.string(), z.string()),
  trust: Trust,
  /** Of the build that wrote it; absent for plain uploads and tags. */
  branch: z.string().optional(),
  platform: z.string(),
  paths: z.array(z.string()),
  key: Sha256,
  sha256: Sha256,
  size_bytes: z.int(),
  /** The job that wrote it. */
  job_id: Id.job,
  saved_at: Timestamp,
  expires_at: Timestamp,
});
export type Cache = z.infer<typeof Cache>;

/** Which caches to forget: those of a branch, of a service, or all. */
export const PurgeFilter = {
  branch: line(255)
    .optional()
    .meta({ examples: ['main'] }),
  service: Name.optional(),
};
export const PurgedCaches = z.object({ purged: z.int() });
export type PurgedCaches = z.infer<typeof PurgedCaches>;
