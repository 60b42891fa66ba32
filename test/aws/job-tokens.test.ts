import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import { jobTokensContract } from '../domain/ports/job-tokens.contract.ts';

const KEY = 'a key of this installation, 32 bytes';
const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const tokens = jwtJobTokens(async () => KEY);

describe('job tokens as JWTs', () => {
  jobTokensContract(() => ({
    tokens,
    others: jwtJobTokens(async () => 'a key of another installation, 32 b'),
    now: Date.now,
  }));

  const endless = (alg = 'HS256') =>
    new SignJWT({ run_id: `run_${ULID}`, project_id: `prj_${ULID}` })
      .setProtectedHeader({ alg })
      .setSubject(`job_${ULID}`)
      .setAudience('staithe:job');
  const claims = () => endless().setExpirationTime('1h');

  test.each([
    ['for another audience', claims().setAudience('staithe:other')],
    ['without an expiry', endless()],
    ['for something that is no job', claims().setSubject(`run_${ULID}`)],
    ['of another algorithm', endless('HS512').setExpirationTime('1h')],
  ])('a token %s is refused although its key is right', async (_, jwt) => {
    const token = await jwt.sign(new TextEncoder().encode(KEY));

    expect(await tokens.verify(token)).toBeUndefined();
  });

  test('a failure to read the key is no verdict about the token', async () => {
    const broken = jwtJobTokens(async () => {
      throw new Error('Secrets Manager is away');
    });

    await expect(broken.verify('a.b.c')).rejects.toThrow('Secrets Manager is away');
  });
});
