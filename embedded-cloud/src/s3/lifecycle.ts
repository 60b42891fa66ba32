/**
 * Lifecycle rules: what S3 removes by itself ("Managing the lifecycle of objects", S3 User Guide). Times round up to
 * the next midnight UTC, as in S3.
 */

import type { Bucket } from './buckets.ts';
import { deleted } from './events.ts';
import type { LifecycleRule } from './lifecycle-rules.ts';
import { successor } from './listing.ts';
import { type ObjectVersion, toObjectVersion } from './schema.ts';
import type { S3State } from './state.ts';

const DAY = 24 * 60 * 60 * 1000;
/** Rows looked at between two turns of the event loop. */
const BATCH = 500;
const CAUSE = { requestId: 'lifecycle', requester: 's3.amazonaws.com' };

function due(since: number, days: number, now: number): boolean {
  return now >= Math.ceil((since + days * DAY) / DAY) * DAY;
}

/** Applies the rules of every bucket once. Returns how many versions and uploads went. */
export async function sweepLifecycle(state: S3State, stopped: () => boolean = () => false): Promise<number> {
  let removed = 0;
  for (const bucket of state.buckets.all()) {
    for (const rule of bucket.lifecycle) {
      removed += abortUploads(state, bucket, rule);
      if (!removesObjects(rule)) continue;
      for await (const history of histories(state, bucket.name, rule.Prefix)) {
        if (stopped()) return removed;
        removed += applyRule(state, bucket, rule, history);
      }
    }
  }
  return removed;
}

function removesObjects(rule: LifecycleRule): boolean {
  return [
    rule.ExpirationInDays,
    rule.ExpirationDate,
    rule.ExpiredObjectDeleteMarker,
    rule.NoncurrentVersionExpiration,
    rule.NoncurrentVersionExpirationInDays,
  ].some((setting) => setting !== undefined);
}

function abortUploads(state: S3State, bucket: Bucket, rule: LifecycleRule): number {
  const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  if (days === undefined) return 0;
  const old = state.uploads
    .list(bucket.name, { key: '', id: '' }, -1)
    .filter(({ key, initiated }) => key.startsWith(rule.Prefix) && due(initiated, days, state.cloud.now()));
  for (const { id } of old) state.blobs.remove(state.uploads.abort(id));
  return old.length;
}

/** The versions of one key after the other, newest first. */
async function* histories(state: S3State, bucket: string, prefix: string): AsyncGenerator<ObjectVersion[]> {
  const end = successor(prefix);
  const keys = state.database.prepare(
    `SELECT DISTINCT key FROM objects WHERE bucket = ? AND key >= ? AND key > ? ${end === undefined ? '' : 'AND key < ?'}
     ORDER BY key LIMIT ${BATCH}`,
  );
  const versions = state.database.prepare(
    'SELECT * FROM objects WHERE bucket = ? AND key = ? ORDER BY sequence DESC',
  );
  let after = '';
  for (;;) {
    const batch = keys
      .all(bucket, prefix, after, ...(end === undefined ? [] : [end]))
      .map(({ key }) => String(key));
    for (const key of batch) yield versions.all(bucket, key).map(toObjectVersion);
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) return;
    after = last;
    await new Promise(setImmediate);
  }
}

function applyRule(
  state: S3State,
  bucket: Bucket,
  rule: LifecycleRule,
  history: readonly ObjectVersion[],
): number {
  const now = state.cloud.now();
  const [current, ...older] = history;
  if (current === undefined) return 0;
  let removed = 0;
  const remove = (object: ObjectVersion, version: string | undefined) => {
    const { files } = state.objects.delete(
      { bucket: bucket.name, key: object.key, version },
      bucket.versioning,
      (gone) => deleted(state, gone, 'Lifecycle Expiration', CAUSE),
    );
    state.blobs.remove(files);
    removed++;
  };
  // A version is noncurrent since the next newer one came.
  const days = rule.NoncurrentVersionExpiration?.NoncurrentDays ?? rule.NoncurrentVersionExpirationInDays;
  const kept = rule.NoncurrentVersionExpiration?.NewerNoncurrentVersions ?? 0;
  older.forEach((object, index) => {
    const replaced = history[index]?.modified ?? now;
    if (days !== undefined && index >= kept && applies(rule, object) && due(replaced, days, now)) {
      remove(object, object.version);
    }
  });
  if (current.marker) {
    const lonely = older.length === removed;
    if (lonely && String(rule.ExpiredObjectDeleteMarker) === 'true') remove(current, current.version);
  } else if (applies(rule, current) && expired(rule, current, now)) {
    remove(current, undefined);
  }
  return removed;
}

function expired(rule: LifecycleRule, object: ObjectVersion, now: number): boolean {
  if (rule.ExpirationInDays !== undefined) return due(object.modified, rule.ExpirationInDays, now);
  return rule.ExpirationDate !== undefined && now >= rule.ExpirationDate.getTime();
}

function applies(rule: LifecycleRule, object: ObjectVersion): boolean {
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = rule;
  return (
    rule.TagFilters.every(({ Key, Value }) => object.tags[Key] === Value) &&
    (above === undefined || object.size > above) &&
    (below === undefined || object.size < below)
  );
}
