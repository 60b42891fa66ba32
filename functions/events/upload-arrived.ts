/** S3 has the bytes of an uploaded artifact: verify them and put them in place. */
import type { EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { settle } from '../../lib/domain/artifact/settle.ts';
import { uploadOfBlobKey } from '../../lib/domain/storage/keys.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), clock };
const ObjectCreated = z.object({ object: z.object({ key: z.string() }) });

export async function handler(event: EventBridgeEvent<'Object Created', unknown>): Promise<void> {
  const upload = uploadOfBlobKey(ObjectCreated.parse(event.detail).object.key);
  if (upload !== undefined) await settle(ports, upload.projectId, upload.artifactId);
}
