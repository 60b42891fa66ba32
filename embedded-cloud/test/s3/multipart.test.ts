import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64, hasher } from '../../src/s3/checksum.ts';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';
import { BYTES, etag, MIB, PARTS } from './parts.ts';

let cloud: S3Cloud;

beforeAll(async () => {
  cloud = await startS3();
});

afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'plain';

async function upload(Key: string, options: Partial<CreateMultipartUploadCommandInput> = {}) {
  const client = cloud.client();
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...options }));
  const { ChecksumAlgorithm } = options;
  const parts: CompletedPart[] = [];
  for (const [index, Body] of PARTS.entries()) {
    const PartNumber = index + 1;
    const part = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }),
    );
    const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA1, ChecksumSHA256 } = part;
    parts.push({ PartNumber, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA1, ChecksumSHA256 });
  }
  const complete = (Parts: CompletedPart[]) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  return { client, UploadId, parts, complete };
}

test('parts become one object, readable across their borders', async () => {
  const { client, parts, complete } = await upload('joined', { Metadata: { a: 'b' }, ContentType: 'x/y' });

  const completed = await complete(parts);

  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'joined' }));
  const border = await client.send(
    new GetObjectCommand({ Bucket, Key: 'joined', Range: `bytes=${5 * MIB - 10}-${10 * MIB + 9}` }),
  );
  const second = await client.send(new GetObjectCommand({ Bucket, Key: 'joined', PartNumber: 2 }));
  expect(completed.ETag).toBe(etag);
  expect(got).toMatchObject({ ETag: etag, Metadata: { a: 'b' }, ContentType: 'x/y' });
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(BYTES)).toBe(true);
  expect(
    Buffer.from((await border.Body?.transformToByteArray()) ?? []).equals(
      BYTES.subarray(5 * MIB - 10, 10 * MIB + 10),
    ),
  ).toBe(true);
  expect(second.PartsCount).toBe(3);
  expect(Buffer.from((await second.Body?.transformToByteArray()) ?? []).equals(PARTS[1] ?? Buffer.of())).toBe(
    true,
  );
});

test('composite SHA-256 is the hash of the hashes', async () => {
  const { client, parts, complete } = await upload('composite', { ChecksumAlgorithm: 'SHA256' });
  const hashes = PARTS.map((part) => createHash('sha256').update(part).digest());
  const expected = `${createHash('sha256').update(Buffer.concat(hashes)).digest('base64')}-3`;

  const completed = await complete(parts);

  const attributes = await client.send(
    new GetObjectAttributesCommand({
      Bucket,
      Key: 'composite',
      ObjectAttributes: ['ObjectParts', 'Checksum'],
    }),
  );
  expect(completed).toMatchObject({ ChecksumSHA256: expected, ChecksumType: 'COMPOSITE' });
  expect(attributes.ObjectParts?.TotalPartsCount).toBe(3);
  expect(attributes.ObjectParts?.Parts?.map(({ ChecksumSHA256 }) => ChecksumSHA256)).toEqual(
    hashes.map((hash) => hash.toString('base64')),
  );
});

test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
  'a composite %s needs the checksum of each part, at its upload and at the completion',
  async (algorithm) => {
    const Key = `composite-${algorithm}`;
    const { UploadId, parts, complete } = await upload(Key, { ChecksumAlgorithm: algorithm });
    const bare = cloud.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });

    await expect(
      bare.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 4, Body: PARTS[2] ?? Buffer.of() }),
      ),
    ).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: null`,
    });
    await expect(
      complete(
        parts.map((part, index) => (index === 1 ? { PartNumber: part.PartNumber, ETag: part.ETag } : part)),
      ),
    ).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part 2 in the request.`,
    });
    expect((await complete(parts)).ChecksumType).toBe('COMPOSITE');
  },
);

test('a full-object checksum needs none of its parts, and a completion cannot make it composite', async () => {
  const Key = 'full-without-parts';
  const { client, UploadId, parts } = await upload(Key, {
    ChecksumAlgorithm: 'CRC32',
    ChecksumType: 'FULL_OBJECT',
  });
  const complete = (ChecksumType?: 'COMPOSITE') =>
    client.send(
      new CompleteMultipartUploadCommand({
        ...{ Bucket, Key, UploadId, ChecksumType },
        MultipartUpload: { Parts: parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) },
      }),
    );

  expect(await refusal(complete('COMPOSITE'))).toEqual({ code: 'InvalidRequest', status: 400 });
  expect((await complete()).ChecksumType).toBe('FULL_OBJECT');
});

test.each(['CRC32', 'CRC64NVME'] as const)('a full-object %s is the one of all bytes', async (algorithm) => {
  const { client, parts, complete } = await upload(`full-${algorithm}`, {
    ChecksumAlgorithm: algorithm,
    ChecksumType: 'FULL_OBJECT',
  });
  const hash = hasher(algorithm);
  hash.update(BYTES);

  await complete(parts);

  const got = await client.send(
    new GetObjectCommand({ Bucket, Key: `full-${algorithm}`, ChecksumMode: 'ENABLED' }),
  );
  expect(got[`Checksum${algorithm}`]).toBe(base64(await hash.digest()));
  expect((await got.Body?.transformToByteArray())?.length).toBe(BYTES.length);
});

test('wrong lists of parts are refused and the upload stays', async () => {
  const { client, UploadId, parts, complete } = await upload('picky');
  const [first, second, third] = parts;
  if (!first || !second || !third) throw new Error('three parts were uploaded');

  expect(await refusal(complete([second, first]))).toEqual({ code: 'InvalidPartOrder', status: 400 });
  expect(await refusal(complete([{ ...first, ETag: '"0"' }]))).toEqual({ code: 'InvalidPart', status: 400 });
  expect(await refusal(complete([{ PartNumber: 9, ETag: '"0"' }]))).toEqual({
    code: 'InvalidPart',
    status: 400,
  });
  const tail = { ...third, PartNumber: 4 };
  await client.send(
    new UploadPartCommand({ Bucket, Key: 'picky', UploadId, PartNumber: 4, Body: PARTS[2] ?? Buffer.of() }),
  );
  expect(await refusal(complete([third, tail]))).toEqual({ code: 'EntityTooSmall', status: 400 });
  expect((await complete([first, second])).ETag).toMatch(/-2"$/);
  expect(await refusal(complete(parts))).toEqual({ code: 'NoSuchUpload', status: 404 });
  expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'picky' }))).ContentLength).toBe(10 * MIB);
});

test('uploads and parts under way are listed until they are aborted', async () => {
  const { client, UploadId } = await upload('listed');

  const page = await client.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId, MaxParts: 2 }));
  const rest = await client.send(
    new ListPartsCommand({ Bucket, Key: 'listed', UploadId, PartNumberMarker: page.NextPartNumberMarker }),
  );
  const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'listed' }));
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'listed', UploadId }));

  expect(page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, 5 * MIB],
    [2, 5 * MIB],
  ]);
  expect(page.IsTruncated).toBe(true);
  expect(rest.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([3]);
  expect(uploads.Uploads?.map((each) => each.UploadId)).toEqual([UploadId]);
  const after = client.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId }));
  expect(await refusal(after)).toEqual({ code: 'NoSuchUpload', status: 404 });
});

test('parts may be copied from objects, and a copy of parts is one object with an MD5 as its ETag', async () => {
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'source', Body: BYTES }));
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'from-source' }));
  const ranges = [`bytes=0-${5 * MIB - 1}`, `bytes=${5 * MIB}-${11 * MIB - 1}`];
  const Parts: CompletedPart[] = [];
  for (const [index, CopySourceRange] of ranges.entries()) {
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'from-source',
        UploadId,
        PartNumber: index + 1,
        CopySource: 'plain/source',
        CopySourceRange,
      }),
    );
    Parts.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
  }
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: 'from-source', UploadId, MultipartUpload: { Parts } }),
  );

  const copied = await client.send(
    new CopyObjectCommand({ Bucket, Key: 'one', CopySource: 'plain/from-source' }),
  );

  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'one' }));
  expect(copied.CopyObjectResult?.ETag).toBe(`"${createHash('md5').update(BYTES).digest('hex')}"`);
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(BYTES)).toBe(true);
});

test('a complete with If-None-Match does not replace', async () => {
  const { client, UploadId, parts } = await upload('taken');
  await client.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'first' }));

  const complete = client.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key: 'taken',
      UploadId,
      IfNoneMatch: '*',
      MultipartUpload: { Parts: parts },
    }),
  );

  expect(await refusal(complete)).toEqual({ code: 'PreconditionFailed', status: 412 });
});
