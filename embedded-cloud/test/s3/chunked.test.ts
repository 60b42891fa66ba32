import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Cloud, startS3 } from './cloud.ts';

let cloud: S3Cloud;

beforeAll(async () => {
  cloud = await startS3();
});

afterAll(() => cloud[Symbol.asyncDispose]());

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
