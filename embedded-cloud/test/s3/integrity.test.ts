import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
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

describe('aws-chunked bodies', () => {
  /** An unsigned aws-chunked upload to the path that a bucket policy opens to anyone. */
  const upload = (key: string, body: string, length: number | undefined, trailer = 'x-amz-checksum-crc32') =>
    fetch(`${cloud.running.endpoint}/open/${key}`, {
      method: 'PUT',
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'content-encoding': 'aws-chunked',
        ...(length === undefined ? {} : { 'x-amz-decoded-content-length': String(length) }),
        ...(trailer === '' ? {} : { 'x-amz-trailer': trailer }),
      },
      body,
    });
  const crc = (text: string) => {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(crc32(text));
    return out.toString('base64');
  };

  let own: S3Cloud;
  beforeAll(async () => {
    own = cloud;
    cloud = await startS3({
      resources: {
        Open: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'open' } },
        Policy: {
          Type: 'AWS::S3::BucketPolicy',
          Properties: {
            Bucket: { Ref: 'Open' },
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Principal: '*',
                  Action: 's3:*',
                  Resource: ['arn:aws:s3:::open', 'arn:aws:s3:::open/*'],
                },
              ],
            },
          },
        },
      },
    });
  });
  afterAll(async () => {
    await cloud[Symbol.asyncDispose]();
    cloud = own;
  });

  test('are decoded, in whatever pieces they come', async () => {
    const stored = await upload(
      'good',
      `5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:${crc('hello world')}\r\n\r\n`,
      11,
    );
    const got = await fetch(`${cloud.running.endpoint}/open/good`);

    expect(stored.status).toBe(200);
    expect(await got.text()).toBe('hello world');
    expect(got.headers.get('content-encoding')).toBeNull();
  });

  test.each([
    [
      'whose trailer is wrong',
      `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${crc('jello')}\r\n\r\n`,
      5,
      'BadDigest',
    ],
    ['whose trailer is missing', '5\r\nhello\r\n0\r\n\r\n', 5, 'InvalidRequest'],
    [
      'shorter than declared',
      `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${crc('hello')}\r\n\r\n`,
      6,
      'IncompleteBody',
    ],
    [
      'longer than declared',
      `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${crc('hello')}\r\n\r\n`,
      4,
      'IncompleteBody',
    ],
    ['that break off', '5\r\nhel', 5, 'IncompleteBody'],
    ['that are not chunked', 'hello', 5, 'IncompleteBody'],
    ['with nonsense for a size', 'zz\r\nhello\r\n', 5, 'InvalidRequest'],
    ['without a declared length', '0\r\n\r\n', undefined, 'MissingContentLength'],
  ])('%s are refused and leave nothing', async (name, body, length, code) => {
    const key = encodeURIComponent(name);

    const refused = await upload(key, body, length);

    expect(await refused.text()).toContain(`<Code>${code}</Code>`);
    expect((await fetch(`${cloud.running.endpoint}/open/${key}`)).status).toBe(404);
  });

  test('without any length at all are a 411', async () => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('x'));
        controller.close();
      },
    });

    const refused = await fetch(`${cloud.running.endpoint}/open/k`, { method: 'PUT', body, duplex: 'half' });

    expect(refused.status).toBe(411);
    expect(await refused.text()).toContain('<Code>MissingContentLength</Code>');
  });

  test('more than 5 GiB is EntityTooLarge', async () => {
    const refused = await upload('huge', '0\r\n\r\n', 5 * 1024 ** 3 + 1);

    expect(await refused.text()).toContain('<Code>EntityTooLarge</Code>');
  });

  test('errors name code, message, resource and request', async () => {
    const missing = await fetch(`${cloud.running.endpoint}/open/mis%20sing`);

    const body = await missing.text();

    expect(missing.status).toBe(404);
    expect(body).toMatch(
      /<Error><Code>NoSuchKey<\/Code><Message>The specified key does not exist.<\/Message><Key>mis sing<\/Key><Resource>\/open\/mis%20sing<\/Resource><RequestId>[\w-]+<\/RequestId><\/Error>/,
    );
    expect(await (await fetch(`${cloud.running.endpoint}/open/missing`, { method: 'HEAD' })).text()).toBe('');
  });

  test('a get answers the checksum only when asked', async () => {
    await upload('asked', `1\r\nx\r\n0\r\nx-amz-checksum-crc32:${crc('x')}\r\n\r\n`, 1);
    const url = `${cloud.running.endpoint}/open/asked`;

    const plain = await fetch(url);
    const asked = await fetch(url, { headers: { 'x-amz-checksum-mode': 'ENABLED' } });

    expect(plain.headers.get('x-amz-checksum-crc32')).toBeNull();
    expect(asked.headers.get('x-amz-checksum-crc32')).toBe(crc('x'));
    await Promise.all([plain.text(), asked.text()]);
  });
});

test('a client with the default checks validates what it downloads', async () => {
  const client = cloud.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'default', Body: 'validated' }));

  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'default', ChecksumMode: 'ENABLED' }));

  expect(await got.Body?.transformToString()).toBe('validated');
});
