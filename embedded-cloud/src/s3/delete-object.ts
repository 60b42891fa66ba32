/** DeleteObject and DeleteObjects. */
import { AwsError, type HttpResponse } from '../service.ts';
import { s3Error } from './errors.ts';
import { deleted } from './events.ts';
import type { Removal } from './object-table.ts';
import { authorizeObject } from './permissions.ts';
import { writePrecondition } from './preconditions.ts';
import { causeOf } from './put-object.ts';
import { receiveXml } from './receive.ts';
import type { BucketRequest, S3State } from './state.ts';
import { childrenOf, textOf, type XmlTree, xmlDocument } from './xml.ts';

/** Deleting what is not there succeeds. */
export async function deleteObject(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { key, query, headers } = request;
  const ifMatch = headers['if-match'];
  const removal = remove(state, request, { key, version: query.get('versionId'), ifMatch });
  return { status: 204, headers: outcome(removal) };
}

function outcome({ removed, marker }: Removal): Record<string, string> {
  const subject = removed ?? marker;
  if (subject === undefined || (subject.version === 'null' && !subject.marker)) return {};
  return {
    'x-amz-version-id': subject.version,
    ...(subject.marker ? { 'x-amz-delete-marker': 'true' } : {}),
  };
}

function remove(
  state: S3State,
  request: BucketRequest,
  { key, version, ifMatch }: { key: string; version?: string | undefined; ifMatch?: string | undefined },
): Removal {
  const { name, versioning } = request.target;
  authorizeObject(state, request, version === undefined ? 'DeleteObject' : 'DeleteObjectVersion', { key });
  const removal = state.objects.delete(
    { bucket: name, key, version },
    versioning,
    (object) => deleted(state, object, 'DeleteObject', causeOf(state, request)),
    ifMatch === undefined ? undefined : writePrecondition({ 'if-match': ifMatch }),
  );
  state.blobs.remove(removal.files);
  return removal;
}

/** One request takes at most 1,000 keys. Each succeeds or fails by itself. */
export async function deleteObjects(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const document = await receiveXml(state, request, 'Delete');
  const objects = childrenOf(document, 'Object');
  if (objects.length === 0 || objects.length > 1000) throw s3Error('MalformedXML');
  const quiet = textOf(document, 'Quiet') === 'true';
  const Deleted: XmlTree[] = [];
  const failures: XmlTree[] = [];
  for (const object of objects) {
    const key = textOf(object, 'Key');
    if (key === undefined || key === '') throw s3Error('MalformedXML');
    const version = textOf(object, 'VersionId');
    try {
      const { removed, marker } = remove(state, request, { key, version, ifMatch: textOf(object, 'ETag') });
      const subject = marker ?? (removed?.marker ? removed : undefined);
      Deleted.push({
        Key: key,
        VersionId: version,
        DeleteMarker: subject === undefined ? undefined : true,
        DeleteMarkerVersionId: subject?.version,
      });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failures.push({ Key: key, VersionId: version, Code: error.code, Message: error.message });
    }
  }
  const body = xmlDocument('DeleteResult', { Deleted: quiet ? [] : Deleted, Error: failures });
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
