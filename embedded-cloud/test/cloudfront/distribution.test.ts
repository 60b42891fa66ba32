import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloudfront, keyValueStores } from '../../src/cloudfront/index.ts';
import { s3 } from '../../src/s3/index.ts';
import { run } from '../../test-kit/running.ts';
import { type Site, startSite, template } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite();
  await site.put('a/index.html', '<p>A', { ContentType: 'text/html', CacheControl: 'no-cache' });
  await site.put('b/index.html', '<p>B', { ContentType: 'text/html' });
  await site.setLive('a');
});
afterAll(() => site.running.close());

describe('a distribution before a bucket', () => {
  test('serves what the function chooses, with the headers of the object and none of S3', async () => {
    const { status, headers, body } = await site.get('/index.html');

    expect([status, body]).toEqual([200, '<p>A']);
    expect(headers).toMatchObject({
      'content-type': 'text/html',
      'cache-control': 'no-cache',
      'x-cache': 'Miss from cloudfront',
      etag: expect.any(String),
      'last-modified': expect.any(String),
    });
    expect(Object.keys(headers).filter((name) => /^x-amz-(?!cf-id)/.test(name))).toEqual([]);
  });

  test('answers conditional requests, ranges and HEAD', async () => {
    const { headers } = await site.get('/index.html');
    const same = await site.get('/index.html', { 'if-none-match': String(headers.etag) });
    const part = await site.get('/index.html', { range: 'bytes=1-2' });
    const head = await site.get('/index.html', {}, 'HEAD');

    expect([same.status, same.body]).toEqual([304, '']);
    expect([part.status, part.body, part.headers['content-range']]).toEqual([206, 'p>', 'bytes 1-2/4']);
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '4']);
  });

  test('sends large objects as they are read, and says that one is missing to HEAD', async () => {
    const large = 'x'.repeat(3_000_000);
    await site.put('a/large.txt', large);
    const { status, headers, body } = await site.get('/large.txt');
    const missing = await site.get('/nothing.html', {}, 'HEAD');

    expect([status, headers['content-length'], body === large]).toEqual([200, '3000000', true]);
    expect([missing.status, missing.body]).toEqual([404, '']);
  });

  test('reads no object further than its client does', async () => {
    const { cloud } = site.running.cloud;
    const bucket = cloud.service('s3');
    const { handle } = bucket;
    let stream: Readable | undefined;
    const watched: typeof handle = async (...asked) => {
      const answer = await handle?.(...asked);
      if (answer?.body instanceof Readable) stream = answer.body;
      return answer ?? { status: 500 };
    };
    Object.assign(bucket, { handle: watched });
    await site.put('a/large.bin', 'x'.repeat(30_000_000));
    const response = await new Promise<IncomingMessage>((resolve) => {
      request(`${site.url}/large.bin`, resolve).end();
    });
    response.once('error', () => undefined).destroy();
    if (stream && !stream.closed) await once(stream, 'close').catch(() => undefined);
    Object.assign(bucket, { handle });

    expect([stream?.destroyed, stream?.readableEnded]).toEqual([true, false]);
  });

  test('lets a change of the store take force for the next request', async () => {
    await site.setLive('b');
    const { body } = await site.get('/index.html');
    await site.setLive('a');

    expect(body).toBe('<p>B');
  });

  test('says that an object is missing, and takes no way out of its folder', async () => {
    const missing = await site.get('/nothing.html');
    const outside = await site.get('/../b/index.html');

    expect([missing.status, missing.headers['x-cache']]).toEqual([404, 'Error from cloudfront']);
    expect(outside.status).toBe(404);
  });

  test('gives the answers that the function makes itself, and 503 when it fails', async () => {
    const moved = await site.get('/old');
    const broken = await site.get('/broken');

    expect([moved.status, moved.headers.location]).toEqual([302, '/new']);
    expect(broken.status).toBe(503);
    expect(site.running.log.join()).toContain('failed: TypeError');
  });

  test('gives functions none of what Node has', async () => {
    expect((await site.get('/globals')).body).toBe('undefined,undefined,undefined');
  });

  test('knows its aliases, and no other host', async () => {
    const hosts = [
      'shop.example.com',
      'a.preview.example.com',
      'a.b.preview.example.com',
      'other.example.com',
    ];
    const answers = await Promise.all(hosts.map((host) => site.get('/host', { host })));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 403]);
    expect(answers[0]?.body).toBe('shop.example.com');
    expect((await site.get('/host', { host: 'localhost' })).body).toBe(new URL(site.url).host);
  });

  test('refuses methods that it does not allow', async () => {
    expect((await site.get('/index.html', {}, 'POST')).status).toBe(403);
  });

  test('has the same URL and serves the same after a restart', async () => {
    const before = site.url;
    site = await site.restart();

    expect(site.url).toBe(before);
    expect((await site.get('/index.html')).body).toBe('<p>A');
  });
});

test('a bucket that does not let the distribution in is not served', async () => {
  const closed = await startSite({ readable: false });
  await closed.put('a/index.html', '<p>A');
  await closed.setLive('a');
  const { status } = await closed.get('/index.html');
  await closed.running.close();

  expect(status).toBe(403);
});

test('a template with what is not implemented is refused by name', async () => {
  const resources = template();
  const { DistributionConfig } = resources.Distribution.Properties;
  const withErrors = { DistributionConfig: { ...DistributionConfig, CustomErrorResponses: [] } };
  const refused = run(
    { ...resources, Distribution: { ...resources.Distribution, Properties: withErrors } },
    { services: [s3, keyValueStores, cloudfront] },
  );

  await expect(refused).rejects.toThrow(/CustomErrorResponses/);
});
