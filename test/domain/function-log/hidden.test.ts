import { describe, expect, test } from 'vitest';
import { secretsAmong } from '../../../lib/domain/function-log/hidden.ts';

const SECRET = 'pl4inly-a-secret';

describe('a variable of a function', () => {
  test.each([
    'SECRET',
    'DB_PASSWORD',
    'API_KEYS',
    'apiToken',
    'CLIENTSECRET',
    'TOKEN2',
    'TOKEN_2',
    'API_KEY_V2',
    'API_KEY_PROD',
    'SECRET_KEY_BASE',
    'SIGNING_KEY_PEM',
    'PRIVATE_KEY_BASE64',
    'DB_PASSWORD_OLD',
    'STRIPE_KEY_LIVE',
    'AWS_CREDENTIALS',
    'REDIS_AUTH',
    'SENTRY_DSN',
    'GITHUB_PAT',
    'SESSION_COOKIE',
  ])('named %s is a secret', (name) => {
    expect(secretsAmong({ [name]: SECRET })).toEqual([SECRET]);
  });

  test.each([
    'AUTH_ENABLED',
    'AUTH_URL',
    'TOKEN_TTL',
    'TOKEN_URL',
    'KEY_PREFIX',
    'KEY_ID',
    'API_KEY_NAME',
    'SECRET_ARN',
    'PASSWORD_MIN_LENGTH',
    'COOKIE_DOMAIN',
    'PUBLIC_KEY',
    'JWT_PUBLIC_KEY_PEM',
    'MONKEY',
    'COMPASS',
    'GREETING',
  ])('named %s is none', (name) => {
    expect(secretsAmong({ [name]: SECRET })).toEqual([]);
  });

  test.each([
    'true',
    'False',
    'yes',
    'off',
    'none',
    '3600',
    '-1',
    '0.75',
    '4096.5',
    '1000000',
    'prod',
    '',
    ' on ',
  ])('with the value %j is none, whatever its name', (value) => {
    expect(secretsAmong({ MAX_TOKENS: value, API_KEY: value })).toEqual([]);
  });

  test.each(['84729104', '12345678901234567890', 'admin', '0x7f3a'])(
    'named a password may be %j',
    (value) => {
      expect(secretsAmong({ DB_PASSWORD: value })).toEqual([value]);
    },
  );

  test('has its password when it is a URL, whatever its name', () => {
    expect(secretsAmong({ DATABASE: 'postgres://app:hunt%24er2@db.invalid/x' })).toEqual([
      'hunt%24er2',
      'hunt$er2',
    ]);
  });
});
