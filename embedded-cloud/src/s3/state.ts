/** What every operation of S3 works on. */
import type { DatabaseSync } from 'node:sqlite';
import type { Cloud } from '../service.ts';
import type { AssetFiles } from './assets.ts';
import type { BlobStore } from './blobs.ts';
import type { Bucket, Buckets } from './buckets.ts';
import type { ObjectTable } from './object-table.ts';
import type { S3Request } from './request.ts';
import type { UploadTable } from './upload-table.ts';

export interface S3State {
  readonly cloud: Cloud;
  readonly database: DatabaseSync;
  readonly blobs: BlobStore;
  readonly buckets: Buckets;
  readonly objects: ObjectTable;
  readonly uploads: UploadTable;
  readonly assets: AssetFiles;
}

/** A request to a bucket that exists. */
export interface BucketRequest extends S3Request {
  readonly target: Bucket;
}
