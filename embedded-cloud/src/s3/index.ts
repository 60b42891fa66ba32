/** S3 of the embedded cloud: metadata in SQLite, bytes in files, faithful to the REST API of S3. */
import { join } from 'node:path';
import { openDatabase } from '../database.ts';
import type { Cloud, Service } from '../service.ts';
import { AssetFiles } from './assets.ts';
import { BlobStore } from './blobs.ts';
import { Buckets } from './buckets.ts';
import { sweepLifecycle } from './lifecycle.ts';
import { ObjectTable } from './object-table.ts';
import { Outbox } from './outbox.ts';
import { respond } from './respond.ts';
import { SCHEMA } from './schema.ts';
import type { S3State } from './state.ts';
import { UploadTable } from './upload-table.ts';

/** Rules count in days, so an hour is soon enough. */
const LIFECYCLE_INTERVAL = 60 * 60 * 1000;

export function s3(cloud: Cloud): Service {
  const folder = cloud.stateDir('s3');
  const database = openDatabase(folder, SCHEMA, 'buckets and the list of their objects');
  const now = () => cloud.now();
  const outbox = new Outbox(cloud, database);
  const objects = new ObjectTable(database, outbox, now);
  const blobs = new BlobStore(join(folder, 'blobs'), 'the bytes of all objects');
  const buckets = new Buckets(cloud, database);
  const uploads = new UploadTable(database, objects, now);
  const assets = new AssetFiles(cloud, join(folder, 'assets'));
  const state: S3State = { cloud, database, blobs, buckets, objects, uploads, assets };

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = () => {
    sweeping = sweeping
      .then(() => sweepLifecycle(state, () => stopped))
      .catch((error: unknown) => cloud.log('s3', `the lifecycle sweep failed: ${String(error)}`));
  };

  return {
    name: 's3',
    handle: (request, call) => respond(state, request, call),
    resources: buckets.resources,
    start: () => {
      outbox.start();
      sweeping = blobs
        .sweep((file) => stopped || objects.namesFile(file))
        .then((count) => {
          if (count > 0) cloud.log('s3', `removed ${count} files that an interrupted upload left`);
        })
        .catch((error: unknown) => cloud.log('s3', `the sweep of files failed: ${String(error)}`));
      sweep();
      timer = setInterval(sweep, LIFECYCLE_INTERVAL).unref();
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await outbox.stop();
      await sweeping;
      database.close();
    },
  };
}
