/** 1 GiB through a presigned URL, beside writing and hashing the same bytes without any server. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type Report, ratios } from './figure.ts';
import { type Bench, type Installation, withInstallation } from './installation.ts';

const MEBIBYTE = 1024 ** 2;
const SIZE = 1024 * MEBIBYTE;
const ROUNDS = 3;
/** One part sent again and again: making a gigabyte of other bytes would be measured too. */
const PART = Buffer.alloc(MEBIBYTE, 'staithe ');

export async function upload(bench: Bench): Promise<Report> {
  const sha256 = createHash('sha256');
  for await (const part of bytes()) sha256.update(part);
  const checksum = sha256.digest('base64');
  return withInstallation(bench, async (installation) => {
    const uploads: number[] = [];
    const writes: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const url = await presigned(installation, `bench/${round}`, checksum);
      uploads.push(await seconds(() => put(url, checksum)));
      writes.push(await seconds(() => write(bench.scratch, checksum)));
      bench.say(`uploaded in ${uploads.at(-1)?.toFixed(1)} s, written in ${writes.at(-1)?.toFixed(1)} s`);
    }
    return {
      figures: [
        { what: '1 GiB by presigned PUT', unit: 's', samples: uploads },
        { what: '1 GiB written to a file, with sha256', unit: 's', samples: writes },
        { what: 'upload beside write', unit: '×', samples: ratios(uploads, writes) },
        {
          what: "peak resident set of the server's process",
          unit: 'MiB',
          samples: [(await installation.peakMemory()) / MEBIBYTE],
        },
      ],
    };
  });
}

async function* bytes(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < SIZE; sent += PART.length) yield PART;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function presigned(
  { endpoint, region, operator, bucket }: Installation,
  key: string,
  checksum: string,
): Promise<string> {
  const s3 = new S3Client({
    endpoint,
    region,
    credentials: operator,
    forcePathStyle: true,
    // Otherwise the checksum of no bytes is signed into the URL.
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentLength: SIZE,
    ChecksumSHA256: checksum,
  });
  return getSignedUrl(s3, command, {
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
    signableHeaders: new Set(['host', 'content-length']),
  });
}

async function put(url: string, checksum: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sending = request(
    url,
    { method: 'PUT', headers: { 'content-length': SIZE, 'x-amz-checksum-sha256': checksum } },
    (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`The upload was answered with ${response.statusCode}.`));
    },
  );
  await Promise.all([pipeline(Readable.from(bytes()), sending), promise]);
}

async function write(scratch: string, checksum: string): Promise<void> {
  const folder = await mkdtemp(join(scratch, 'write-'));
  const hash = createHash('sha256');
  await pipeline(
    bytes,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const part of source) {
        hash.update(part);
        yield part;
      }
    },
    createWriteStream(join(folder, 'bytes'), { flush: true }),
  );
  if (hash.digest('base64') !== checksum) throw new Error('The written bytes are others.');
  await rm(folder, { recursive: true });
}
