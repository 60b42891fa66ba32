import { describe, expect, it } from 'vitest';
import { flawOfTargetUrl } from '../../lib/domain/subscription/target-url.ts';

describe('a URL of the internet', () => {
  it.each([
    'https://example.com/hook',
    'https://example.com:8443/a?b=c',
    'https://93.184.215.14/',
    'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
    'HTTPS://Example.COM',
    'https://bücher.example/',
  ])('%s is taken', (url) => {
    expect(flawOfTargetUrl(url, false)).toBeUndefined();
    expect(flawOfTargetUrl(url, true)).toBeUndefined();
  });
});

describe('a URL that leads into a network of its own', () => {
  it.each([
    'https://localhost/',
    'https://LOCALHOST:8443/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://127.0.0.1./',
    'https://①②⑦.⓪.⓪.①/',
    'https://127。0。0。1/',
    'https://0.0.0.0/',
    'https://0/',
    'https://10.0.0.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://169.254.170.2/v2/credentials',
    'https://2852039166/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.0.0.8/',
    'https://192.168.1.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::ffff:0:127.0.0.1]/',
    'https://[100::1]/',
    'https://[2001:0:7f00:1::]/',
    'https://[64:ff9b::169.254.169.254]/',
    'https://[2002:7f00:1::]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
  ])('%s is refused', (url) => {
    expect(flawOfTargetUrl(url, false)).toMatch(/^must be an address of the internet/);
  });
});

describe('what is no HTTPS URL', () => {
  it.each([
    ['http://example.com/', /^must begin with https/],
    ['ftp://example.com/', /^must be a URL/],
    ['file:///etc/passwd', /^must be a URL/],
    ['javascript:alert(1)', /^must be a URL/],
    ['//example.com/', /^must be a URL/],
    ['example.com', /^must be a URL/],
    ['https://', /^must be a URL/],
    ['https://exa mple.com/', /^must be a URL/],
    ['https://user@example.com/', /user name or password/],
    ['https://user:word@example.com/', /user name or password/],
    ['https://example.com@127.0.0.1/', /user name or password/],
    ['https://example.com/#part', /fragment/],
  ])('%s is refused', (url, reason) => {
    expect(flawOfTargetUrl(url, false)).toMatch(reason);
    expect(flawOfTargetUrl(url, true)).toMatch(reason);
  });
});

describe('where the installation allows this machine', () => {
  it.each(['http://127.0.0.1:8080/', 'http://localhost:1/', 'https://[::1]:2/', 'http://127.1/'])(
    '%s is taken',
    (url) => {
      expect(flawOfTargetUrl(url, true)).toBeUndefined();
    },
  );

  it.each(['http://10.0.0.1/', 'https://192.168.1.1/', 'https://169.254.169.254/', 'http://0.0.0.0/'])(
    '%s is refused all the same',
    (url) => {
      expect(flawOfTargetUrl(url, true)).toMatch(/^must/);
    },
  );
});
