/** S3 has a new object: if it is a source, it is stored now. */
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { noteArrival } from '../../lib/domain/source/index.ts';
import { sourceOfBlobKey } from '../../lib/domain/storage/keys.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), clock };
const ObjectCreated = z.object({ object: z.object({ key: z.string() }) });

export async function handler(event: EventBridgeEvent<'Object Created', unknown>): Promise<void> {
  const source = sourceOfBlobKey(ObjectCreated.parse(event.detail).object.key);
  if (source !== undefined) await noteArrival(ports, source.projectId, source.sha256);
}
