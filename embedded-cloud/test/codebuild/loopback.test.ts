import { expect, test } from 'vitest';
import { isLoopback } from '../../src/codebuild/network/loopback.ts';

test.each(['localhost', '127.0.0.1', '127.8.9.10', '::1'])('%s is this machine', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(['localhost.example.com', '127.0.0.1.example.com', '127.1', '128.0.0.1', '::11', ''])(
  '%s is not',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
