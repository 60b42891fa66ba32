import { expect, test } from 'vitest';
import { isLoopback } from '../../lib/domain/loopback.ts';

test.each([
  'localhost',
  'LOCALHOST',
  'localhost:5000',
  '127.0.0.1',
  '127.0.0.1:80',
  '127.200.3.4',
  '::1',
  '[::1]',
  '[::1]:5000',
])('%s is this machine', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each([
  ...[
    'localhost.example.com',
    'mylocalhost',
    '127.0.0.1.example.com',
    '127.example.com',
    '127.0.0.999',
    '127.1',
  ],
  ...[
    '128.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '[::2]',
    '[::1',
    '::11',
    '[::ffff:7f00:1]:80',
    'user@localhost',
    'localhost:x',
    '',
  ],
])('%s is not, or is not known to be', (host) => {
  expect(isLoopback(host)).toBe(false);
});
