/** PutObjectTagging, GetObjectTagging, DeleteObjectTagging. */
import type { HttpResponse } from '../service.ts';
import { s3Error } from './errors.ts';
import { readable } from './get-object.ts';
import { checkedTags, versionHeader } from './metadata.ts';
import { receiveXml } from './receive.ts';
import type { BucketRequest, S3State } from './state.ts';
import { childrenOf, textOf, xmlDocument } from './xml.ts';

export async function putObjectTagging(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const object = readable(state, request, 'PutObjectTagging');
  const document = await receiveXml(state, request, 'Tagging');
  const [set] = childrenOf(document, 'TagSet');
  if (set === undefined) throw s3Error('MalformedXML');
  const pairs = childrenOf(set, 'Tag').map((tag): [string, string] => {
    const [key, value] = [textOf(tag, 'Key'), textOf(tag, 'Value')];
    if (key === undefined || value === undefined) throw s3Error('MalformedXML');
    return [key, value];
  });
  state.objects.setTags(object, checkedTags(pairs));
  return { status: 200, headers: versionHeader(object) };
}

export function getObjectTagging(state: S3State, request: BucketRequest): HttpResponse {
  const object = readable(state, request, 'GetObjectTagging');
  const Tag = Object.entries(object.tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...versionHeader(object) },
    body: xmlDocument('Tagging', { TagSet: { Tag } }),
  };
}

export function deleteObjectTagging(state: S3State, request: BucketRequest): HttpResponse {
  const object = readable(state, request, 'DeleteObjectTagging');
  state.objects.setTags(object, {});
  return { status: 204, headers: versionHeader(object) };
}
