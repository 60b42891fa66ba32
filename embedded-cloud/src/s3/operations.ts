/** Which operation a request asks for: method, whether it names a key, and the query parameter that selects. */
import { type HttpResponse, notImplemented } from '../service.ts';
import { getObjectAttributes } from './attributes.ts';
import { copyObject } from './copy-object.ts';
import { deleteObject, deleteObjects } from './delete-object.ts';
import { s3Error } from './errors.ts';
import { getObject } from './get-object.ts';
import { listObjects, listObjectsV2 } from './list-objects.ts';
import { listObjectVersions } from './list-versions.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from './multipart.ts';
import { completeMultipartUpload } from './multipart-complete.ts';
import { listMultipartUploads, listParts } from './multipart-list.ts';
import { authorizeBucket } from './permissions.ts';
import { putObject } from './put-object.ts';
import type { BucketRequest, S3State } from './state.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './tagging.ts';
import { xmlDocument } from './xml.ts';

export type Operation = (state: S3State, request: BucketRequest) => Promise<HttpResponse> | HttpResponse;

/** The first entry whose selector is there wins; the empty selector is the operation without any. */
type Selection = readonly (readonly [selector: string, operation: Operation])[];

const BUCKET: Record<string, Selection> = {
  HEAD: [['', headBucket]],
  GET: [
    ['location', getBucketLocation],
    ['versioning', getBucketVersioning],
    ['versions', listObjectVersions],
    ['uploads', listMultipartUploads],
    ['list-type', listObjectsV2],
    ['', listObjects],
  ],
  POST: [['delete', deleteObjects]],
};

const OBJECT: Record<string, Selection> = {
  HEAD: [['', getObject]],
  GET: [
    ['attributes', getObjectAttributes],
    ['tagging', getObjectTagging],
    ['uploadId', listParts],
    ['', getObject],
  ],
  PUT: [
    ['tagging', putObjectTagging],
    ['partNumber', uploadPart],
    ['', putObject],
  ],
  POST: [
    ['uploads', createMultipartUpload],
    ['uploadId', completeMultipartUpload],
  ],
  DELETE: [
    ['tagging', deleteObjectTagging],
    ['uploadId', abortMultipartUpload],
    ['', deleteObject],
  ],
};

/** Sub-resources that S3 has and this does not: better refused than taken for something else. */
const ABSENT = (
  'accelerate acl analytics cors encryption intelligent-tiering inventory legal-hold lifecycle logging metrics ' +
  'notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment ' +
  'restore retention select tagging torrent website'
).split(' ');

/** @throws NotImplemented naming what was asked for, MethodNotAllowed */
export function operationOf(request: BucketRequest): Operation {
  const { method, key, query, headers, target } = request;
  const selection = (key === '' ? BUCKET : OBJECT)[method] ?? [];
  const found = selection.find(([selector]) => selector !== '' && query.has(selector));
  const absent = found === undefined ? ABSENT.find((name) => query.has(name)) : undefined;
  if (absent !== undefined)
    throw notImplemented('s3', `${method} ${key === '' ? 'bucket' : 'object'}?${absent}`);
  const operation = found?.[1] ?? selection.find(([selector]) => selector === '')?.[1];
  if (operation === undefined) {
    if (key === '') throw notImplemented('s3', `${method} bucket`);
    throw s3Error('MethodNotAllowed', undefined, { Method: method, ResourceType: 'OBJECT' });
  }
  if (
    target.assets &&
    operation !== getObject &&
    operation !== headBucket &&
    operation !== getBucketLocation
  ) {
    throw s3Error(
      'AccessDenied',
      'The bucket of the CDK bootstrap holds the assets of the template and is read only.',
    );
  }
  if (headers['x-amz-copy-source'] !== undefined) {
    if (operation === putObject) return copyObject;
    if (operation === uploadPart) return uploadPartCopy;
  }
  return operation;
}

function headBucket(state: S3State, request: BucketRequest): HttpResponse {
  authorizeBucket(state, request, 'ListBucket');
  return {
    status: 200,
    headers: { 'x-amz-bucket-region': state.cloud.region, 'x-amz-access-point-alias': 'false' },
  };
}

function getBucketLocation(state: S3State, request: BucketRequest): HttpResponse {
  authorizeBucket(state, request, 'GetBucketLocation');
  const { region } = state.cloud;
  // The first region has no location constraint.
  const body = xmlDocument('LocationConstraint', {}).replace(
    '><',
    `>${region === 'us-east-1' ? '' : region}<`,
  );
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function getBucketVersioning(state: S3State, request: BucketRequest): HttpResponse {
  authorizeBucket(state, request, 'GetBucketVersioning');
  const body = xmlDocument('VersioningConfiguration', { Status: request.target.versioning });
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
