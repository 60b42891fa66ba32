/** What the domain relies on in stored bytes. */
import { blobsParts } from './blobs-parts.contract.ts';
import { blobsStored } from './blobs-stored.contract.ts';
import { blobsUploads } from './blobs-uploads.contract.ts';
import type { BlobsUnderTest } from './stored-blobs.ts';

/** @param subject called once the tests run */
export function blobsContract(subject: () => BlobsUnderTest): void {
  blobsStored(subject);
  blobsUploads(subject);
  blobsParts(subject);
}
