import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { chunkSignatures } from '../../src/s3/chunk-signature.ts';
import { decodeChunked } from '../../src/s3/chunked.ts';
import { refusal } from './cloud.ts';

/** The example of "Signature calculations: transferring payload in multiple chunks" in S3's API Reference. */
const EXAMPLE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  headers: {
    'x-amz-date': '20130524T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  },
  body: [
    `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`,
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n`,
    '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
  ].join(''),
};

/** Decodes a signed body that arrives in pieces of `size` bytes. Returns how many bytes it means. */
async function decode(body: string, size = 1000, accessKeyId = EXAMPLE.accessKeyId): Promise<number> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) pieces.push(Buffer.from(body.slice(at, at + size)));
  const { secretAccessKey, headers } = EXAMPLE;
  const observer = chunkSignatures(
    (key) =>
      key === accessKeyId ? { principal: { kind: 'operator', arn: 'operator' }, secretAccessKey } : undefined,
    headers,
  );
  let length = 0;
  for await (const chunk of decodeChunked(Readable.from(pieces), observer)) length += chunk.length;
  return length;
}

describe('a signed aws-chunked body', () => {
  test.each([1, 7, 1000, 100_000])('of the example of AWS is taken, in pieces of %i bytes', async (size) => {
    expect(await decode(EXAMPLE.body, size)).toBe(66_560);
  });

  test.each([
    ['changed bytes', EXAMPLE.body.replace('aaa', 'aba')],
    ['a changed signature', EXAMPLE.body.replace('ad80c7', 'ad80c8')],
    ['a chunk left out', EXAMPLE.body.slice(EXAMPLE.body.indexOf('400;'))],
    [
      'a trailer that nobody signed',
      EXAMPLE.body.replace(/\r\n\r\n$/, '\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
    ],
    ['an unsigned chunk', EXAMPLE.body.replace(/;chunk-signature=0055[0-9a-f]+/, '')],
  ])('with %s is refused', async (_, body) => {
    expect((await refusal(decode(body))).code).toBe('SignatureDoesNotMatch');
  });

  test('cut off before its last chunk is incomplete', async () => {
    expect((await refusal(decode(EXAMPLE.body.slice(0, EXAMPLE.body.lastIndexOf('0;'))))).code).toBe(
      'IncompleteBody',
    );
  });

  test('of an unknown key is refused', async () => {
    expect((await refusal(decode(EXAMPLE.body, 1000, 'AKIAOTHER'))).code).toBe('SignatureDoesNotMatch');
  });
});
