import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { objectCreated } from '../contract/events/aws.ts';
import { patternOf } from '../contract/events/pattern.ts';
import type { Bundles } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';

/**
 * Lambda's longest. The largest upload has 5 GiB: to read them from S3 at 75 MB/s, a slow function's share, takes 72 s
 * and to copy them within S3 about as long.
 */
const TIMEOUT = Duration.minutes(15);

/** 1,769 MB are one whole processor ("Configure Lambda function memory"): a digest is made of every byte. */
const MEMORY_MB = 1769;

/** What verifies uploaded artifacts when their bytes have arrived. */
export class Uploads extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { bundles: Bundles; storage: Storage; deadLetters: DeadLetters },
  ) {
    super(scope, id);
    const { bundles, storage, deadLetters } = props;
    const arrived = new StaitheFunction(this, 'UploadArrived', {
      bundles,
      entry: 'events/upload-arrived',
      description: 'Verifies uploaded artifacts',
      timeout: TIMEOUT,
      memorySize: MEMORY_MB,
    });
    new Rule(this, 'Arrivals', {
      description: 'The bytes of an uploaded artifact have arrived',
      eventPattern: patternOf([objectCreated], {
        bucket: { name: [storage.bucket.bucketName] },
        object: { key: [{ prefix: 'uploads/' }] },
      }),
      targets: [deadLetters.callOf(arrived, { maxEventAge: Duration.hours(24) })],
    });
  }
}
