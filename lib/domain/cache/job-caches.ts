/** Caches as a job uses them: what may be restored, where to upload, and what counts once storage holds it. */
import type { Actor } from '../access/actor.ts';
import { type FieldProblem, StaitheError } from '../error.ts';
import { requireClaimed } from '../execution/agent.ts';
import { builds } from '../execution/model/build-record.ts';
import type { JobRecord } from '../execution/model/job-record.ts';
import { pullRequestOf } from '../execution/model/trust.ts';
import type { Ports } from '../ports/index.ts';
import * as Project from '../project/index.ts';
import { BlobKeys, Keys, Partitions } from '../storage/keys.ts';
import { UPLOAD_EXPIRES_SECONDS } from '../upload.ts';
import { type CacheRecord, caches } from './record.ts';
import {
  CACHE_EXPIRES_DAYS,
  CACHE_REFRESH_DAYS,
  type CacheKey,
  type CacheUploads,
  type ConfirmedCaches,
  type FoundCache,
  type RestoreCaches,
  type RestoredCaches,
  type SaveCaches,
} from './schema.ts';
import {
  groupOf,
  type Kind,
  type Origin,
  readableScopes,
  type Scope,
  sortKeyOf,
  writtenScope,
} from './scope.ts';

/** Caches are packed as gzipped tars. */
const CACHE_TYPE = 'application/gzip';
const DAY_MS = 24 * 3600 * 1000;
/** A cache is fetched at once; 15 minutes forgive ten caches one after the other on a slow line. */
const DOWNLOAD_EXPIRES_SECONDS = 15 * 60;
/** The control plane's own look at the job's project. */
const SYSTEM = { kind: 'system', name: 'caches' } as const;

/**
 * Looks for the job's caches: those with the same key before older ones, its own scope before the default branch's.
 * @throws StaitheError not_found | wrong_state | validation_failed (a cache that the job's spec does not name)
 */
export async function restore(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  actor: Actor,
  jobId: string,
  input: RestoreCaches,
): Promise<RestoredCaches> {
  const job = await requireClaimed(ports, actor, jobId);
  assertNamed(job, input.caches);
  const [origin, project] = await Promise.all([
    originOf(ports, job),
    Project.resolve(ports, SYSTEM, job.project_id),
  ]);
  const scopes = readableScopes(origin, project.default_branch);
  return { caches: await Promise.all(input.caches.map((cache) => find(ports, job, scopes, cache))) };
}

/**
 * Where to upload caches. They count once they are confirmed.
 * @throws StaitheError not_found | wrong_state | validation_failed
 */
export async function save(
  ports: Pick<Ports, 'table' | 'blobs'>,
  actor: Actor,
  jobId: string,
  input: SaveCaches,
): Promise<CacheUploads> {
  const job = await requireClaimed(ports, actor, jobId);
  assertNamed(job, input.caches);
  // Also of bytes that are there already: to store them anew is what makes their life longer.
  const uploads = input.caches.map(({ sha256, size_bytes }) =>
    ports.blobs.presignUpload({
      key: BlobKeys.cache(job.project_id, sha256),
      sha256,
      sizeBytes: size_bytes,
      contentType: CACHE_TYPE,
      expiresSeconds: UPLOAD_EXPIRES_SECONDS,
    }),
  );
  return { uploads: await Promise.all(uploads) };
}

/**
 * From now on these caches are found, in the one scope that the job may write.
 * @throws StaitheError not_found | wrong_state | validation_failed | cache_not_stored
 */
export async function confirm(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  actor: Actor,
  jobId: string,
  input: SaveCaches,
): Promise<ConfirmedCaches> {
  const job = await requireClaimed(ports, actor, jobId);
  assertNamed(job, input.caches);
  const scope = writtenScope(await originOf(ports, job));
  const now = ports.clock.now();
  for (const { sha256, size_bytes } of input.caches) {
    const blob = await ports.blobs.head(BlobKeys.cache(job.project_id, sha256));
    if (blob?.sha256 !== sha256 || blob.size_bytes !== size_bytes)
      throw new StaitheError(
        'cache_not_stored',
        `Storage does not hold the ${size_bytes} bytes of ${sha256}.`,
      );
  }
  const records = input.caches.map((cache) => recordOf(job, scope, cache, now));
  // The last word counts: of two jobs with the same key both have made the same.
  await Promise.all(
    records.map((record) => ports.table.write({ ...caches.creation(record), when: { any: true } })),
  );
  return { saved: records.length };
}

/** A job has to do with the caches of its own spec and with no others. */
function assertNamed(job: JobRecord, wanted: readonly CacheKey[]): void {
  const textOf = (paths: readonly string[]) => JSON.stringify([...paths].sort());
  const named = new Set(job.spec.caches.map(({ paths }) => textOf(paths)));
  const fields: FieldProblem[] = wanted.flatMap(({ paths }, index) =>
    named.has(textOf(paths))
      ? []
      : [{ field: `caches.${index}.paths`, message: 'do not belong to a cache of this job' }],
  );
  if (fields.length > 0)
    throw new StaitheError('validation_failed', 'These paths do not belong to a cache of the job.', {
      fields,
    });
}

/**
 * A fork's ref is its pull request (`refs/pull/7/head`), which no other has. Without one it shares its caches with
 * nobody but other runs of the same build.
 */
async function originOf(ports: Pick<Ports, 'table'>, job: JobRecord): Promise<Origin> {
  const { trust, branch, build_id } = job;
  if (trust === 'own') return { trust, branch, forkRef: '' };
  const build = build_id === undefined ? undefined : await builds.get(ports.table, Keys.build(build_id));
  return { trust, branch, forkRef: pullRequestOf(build?.value.git_ref) ?? build_id ?? job.id };
}

const kindOf = (job: JobRecord): Kind => ({
  service: job.service,
  matrix: job.matrix,
  toolchain: job.spec.env.STAITHE_TOOLCHAIN ?? '',
});

function recordOf(job: JobRecord, scope: Scope, cache: SaveCaches['caches'][number], now: Date): CacheRecord {
  const sort_key = sortKeyOf(scope, kindOf(job), cache);
  return {
    project_id: job.project_id,
    service: job.service,
    matrix: job.matrix,
    trust: scope.trust,
    branch: job.branch,
    ...cache,
    job_id: job.id,
    saved_at: now.toISOString(),
    expires_at: new Date(now.getTime() + CACHE_EXPIRES_DAYS * DAY_MS).toISOString(),
    sort_key,
    place: sort_key,
    group: groupOf(scope, kindOf(job), cache),
  };
}

async function find(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock'>,
  job: JobRecord,
  scopes: readonly Scope[],
  wanted: CacheKey,
): Promise<FoundCache> {
  const now = ports.clock.now();
  // The table may keep what has expired for days (docs: DynamoDB, "Time to Live").
  const alive = (cache: CacheRecord | undefined) =>
    cache !== undefined && Date.parse(cache.expires_at) > now.getTime() ? cache : undefined;
  const exact = scopes.map(async (scope) => {
    const key = Keys.cache(job.project_id, sortKeyOf(scope, kindOf(job), wanted));
    return alive((await caches.get(ports.table, key))?.value);
  });
  const [best] = (await Promise.all(exact)).flatMap((cache, rank) => (cache ? [{ cache, rank }] : []));
  if (best !== undefined) {
    const age = now.getTime() - Date.parse(best.cache.saved_at);
    // Of the default branch's caches the default branch takes care.
    return found(ports, best.cache, 'exact', best.rank === 0 && age > CACHE_REFRESH_DAYS * DAY_MS);
  }
  for (const scope of scopes) {
    const partition = Partitions.alikeCaches(job.project_id, groupOf(scope, kindOf(job), wanted));
    const newest = alive(await caches.newest(ports.table, partition));
    if (newest !== undefined) return found(ports, newest, 'newest', true);
  }
  return { hit: 'none', branch: null, download: null, save: true };
}

async function found(
  ports: Pick<Ports, 'blobs'>,
  { project_id, sha256, size_bytes, branch }: CacheRecord,
  hit: 'exact' | 'newest',
  save: boolean,
): Promise<FoundCache> {
  const url = await ports.blobs.presignDownload({
    key: BlobKeys.cache(project_id, sha256),
    fileName: `${sha256}.tar.gz`,
    contentType: CACHE_TYPE,
    expiresSeconds: DOWNLOAD_EXPIRES_SECONDS,
  });
  return { hit, branch: branch ?? null, download: { url, sha256, size_bytes }, save };
}
