import {
  DeleteObjectsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { successor } from '../../src/s3/listing.ts';
import { anyCharacter } from '../../test-kit/any-text.ts';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'plain';
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What S3 documents, said naively: sort, filter, fold. */
function model(keys: readonly string[], prefix: string, delimiter: string, startAfter: string) {
  const found = keys.filter((key) => key.startsWith(prefix) && byBytes(key, startAfter) > 0).sort(byBytes);
  const contents: string[] = [];
  const prefixes = new Set<string>();
  for (const key of found) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const folded = at < 0 ? undefined : key.slice(0, at + delimiter.length);
    if (folded === undefined) contents.push(key);
    else if (folded !== startAfter) prefixes.add(folded);
  }
  return { contents, prefixes: [...prefixes] };
}

const characters = fc.constantFrom('a', 'b', '/', '-', 'é', '\uffee', '😀', ' ', '+', '%', '&');
const texts = (maxLength: number) => fc.string({ unit: characters, maxLength });

test('pages of every size put together are the sorted, filtered and folded keys', async () => {
  const client = cloud.client();

  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(
        texts(5).filter((key) => key !== '' && !/^\/|\/\//.test(key)),
        { minLength: 1, maxLength: 15 },
      ),
      texts(2),
      fc.constantFrom('', '/', 'a/', 'b'),
      texts(3),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('url' as const, undefined),
      async (keys, prefix, delimiter, startAfter, pageSize, EncodingType) => {
        for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
        try {
          const contents: string[] = [];
          const prefixes: string[] = [];
          const plain = (text = '') =>
            EncodingType === undefined ? text : decodeURIComponent(text.replaceAll('+', ' '));
          const query = {
            Bucket,
            Prefix: prefix,
            EncodingType,
            ...(delimiter === '' ? {} : { Delimiter: delimiter }),
            ...(startAfter === '' ? {} : { StartAfter: startAfter }),
          };
          for await (const page of paginateListObjectsV2({ client, pageSize }, query)) {
            expect(page.KeyCount).toBeLessThanOrEqual(pageSize);
            contents.push(...(page.Contents ?? []).map(({ Key }) => plain(Key)));
            prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => plain(Prefix)));
          }
          expect({ contents, prefixes }).toEqual(model(keys, prefix, delimiter, startAfter));
        } finally {
          await client.send(
            new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('the successor of a prefix is above everything that begins with it, and nothing else is between', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter, minLength: 1, maxLength: 4 }),
      fc.string({ unit: anyCharacter, maxLength: 4 }),
      (prefix, rest) => {
        const next = successor(prefix);
        if (next === undefined) expect(prefix).toMatch(/^\u{10ffff}+$/u);
        else {
          expect(byBytes(prefix + rest, next)).toBeLessThan(0);
          expect(byBytes(prefix, next)).toBeLessThan(0);
        }
      },
    ),
  );
});

test('a page may be empty, and nonsense is refused', async () => {
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));

  const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));

  expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false, MaxKeys: 0 });
  const negative = client.send(new ListObjectsV2Command({ Bucket, MaxKeys: -1 }));
  expect(await refusal(negative)).toEqual({ code: 'InvalidArgument', status: 400 });
  const token = client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'nonsense!' }));
  expect(await refusal(token)).toEqual({ code: 'InvalidArgument', status: 400 });
});

test('older clients page with markers', async () => {
  const client = cloud.client();
  for (const Key of ['old/1', 'old/2', 'old/3'])
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

  const first = await client.send(new ListObjectsCommand({ Bucket, Prefix: 'old/', MaxKeys: 2 }));
  const second = await client.send(new ListObjectsCommand({ Bucket, Prefix: 'old/', Marker: 'old/2' }));

  expect(first.IsTruncated).toBe(true);
  expect(first.Contents?.map(({ Key }) => Key)).toEqual(['old/1', 'old/2']);
  expect(second.Contents?.map(({ Key }) => Key)).toEqual(['old/3']);
});
