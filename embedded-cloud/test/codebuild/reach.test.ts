import { describe, expect, it } from 'vitest';
import { isClosed, namedIn } from '../../src/codebuild/network/reach.ts';

describe('what counts as the internet', () => {
  it.each(['8.8.8.8', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s does', (address) => {
    expect(isClosed(address)).toBe(false);
  });

  it.each([
    '10.0.0.1',
    '172.31.0.1',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    'fd00::1',
    '2002:7f00:1::',
    '64:ff9b::7f00:1',
    '::ffff:10.0.0.1',
    'nonsense',
  ])('%s does not', (address) => {
    expect(isClosed(address)).toBe(true);
  });

  it('is extended by host and port, and by nothing less', () => {
    expect(namedIn(' Nexus.corp:8081, 127.0.0.1:5000,')).toEqual(
      new Set(['nexus.corp:8081', '127.0.0.1:5000']),
    );
    expect(() => namedIn('nexus.corp')).toThrow(
      /EMBEDDED_CLOUD_BUILD_REACH is 'nexus.corp'. Write host:port/,
    );
  });
});
