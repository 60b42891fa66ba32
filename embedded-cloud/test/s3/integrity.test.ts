import { createHash, randomBytes } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64, hasher } from '../../src/s3/checksum.ts';
import { combineCrc } from '../../src/s3/combine-crc.ts';
import { refusal, type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;

beforeAll(async () => {
  cloud = await startS3();
});

afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'plain';

async function checksum(algorithm: Parameters<typeof hasher>[0], ...chunks: Uint8Array[]): Promise<Buffer> {
  const hash = hasher(algorithm);
  for (const chunk of chunks) hash.update(chunk);
  return Buffer.from(await hash.digest());
}

describe('checksums', () => {
  // "123456789" is the check value of the catalogue of CRC algorithms (reveng.sourceforge.io/crc-catalogue).
  test.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s has its published check value', async (algorithm, expected) => {
    const value = await checksum(algorithm, Buffer.from('123456789'));

    expect(value.toString('hex')).toBe(expected);
  });

  test('CRCs do not depend on how the bytes are cut, and those of two pieces combine to that of both', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('CRC32', 'CRC32C', 'CRC64NVME'),
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ maxLength: 100 }),
        async (algorithm, first, second) => {
          const whole = await checksum(algorithm, Buffer.concat([first, second]));
          expect(await checksum(algorithm, first, second)).toEqual(whole);
          const [a, b] = [await checksum(algorithm, first), await checksum(algorithm, second)];
          expect(combineCrc(algorithm, a, b, second.length)).toEqual(whole);
        },
      ),
    );
  });

  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    '%s is verified, kept and returned',
    async (algorithm) => {
      const client = cloud.client({ responseChecksumValidation: 'WHEN_REQUIRED' });
      const Body = randomBytes(10_000);
      const field = `Checksum${algorithm}` as const;
      const right = base64(await checksum(algorithm, Body));
      const wrong = base64(await checksum(algorithm, Buffer.from('other')));
      const put = (Key: string, value: string) => {
        const input: PutObjectCommandInput = { Bucket, Key, Body, [field]: value };
        return client.send(new PutObjectCommand(input));
      };

      expect((await put(algorithm, right))[field]).toBe(right);
      const head = await client.send(
        new HeadObjectCommand({ Bucket, Key: algorithm, ChecksumMode: 'ENABLED' }),
      );
      expect(head).toMatchObject({ [field]: right, ChecksumType: 'FULL_OBJECT' });
      expect(await refusal(put(`${algorithm}-wrong`, wrong))).toEqual({ code: 'BadDigest', status: 400 });
      expect(await refusal(put(`${algorithm}-bad`, 'AAA'))).toEqual({ code: 'InvalidRequest', status: 400 });
      const absent = client.send(new HeadObjectCommand({ Bucket, Key: `${algorithm}-wrong` }));
      expect((await refusal(absent)).status).toBe(404);
    },
  );

  test('an object put without any has a CRC-64/NVME, as on S3', async () => {
    const client = cloud.client({
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    await client.send(new PutObjectCommand({ Bucket, Key: 'none', Body: '123456789' }));

    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'none', ChecksumMode: 'ENABLED' }));

    expect(head.ChecksumCRC64NVME).toBe(Buffer.from('ae8b14860a799888', 'hex').toString('base64'));
  });

  test('Content-MD5 is verified', async () => {
    const client = cloud.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    const put = (text: string) =>
      client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'md5',
          Body: 'abc',
          ContentMD5: createHash('md5').update(text).digest('base64'),
        }),
      );

    expect((await put('abc')).$metadata.httpStatusCode).toBe(200);
    expect(await refusal(put('other'))).toEqual({ code: 'BadDigest', status: 400 });
    const malformed = client.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'abc', ContentMD5: 'x' }));
    expect(await refusal(malformed)).toEqual({ code: 'InvalidDigest', status: 400 });
  });

  test('the body of DeleteObjects is verified, too', async () => {
    const client = cloud.client();
    await client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'x' }));
    const algorithm: ChecksumAlgorithm = 'CRC32';

    const command = new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [{ Key: 'kept' }] },
      ChecksumAlgorithm: algorithm,
    });
    command.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        if (typeof request === 'object' && request !== null && 'headers' in request) {
          Object.assign(request.headers ?? {}, { 'x-amz-checksum-crc32': 'AAAAAA==' });
        }
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );

    expect(await refusal(client.send(command))).toEqual({ code: 'BadDigest', status: 400 });
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'kept' }))).ContentLength).toBe(1);
  });
});

test('a client with the default checks validates what it downloads', async () => {
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'default', Body: 'validated' }));

  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'default', ChecksumMode: 'ENABLED' }));

  expect(await got.Body?.transformToString()).toBe('validated');
});
