/** What the domain relies on in job tokens. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobActor } from '../../../lib/domain/access/actor.ts';
import type { JobTokens } from '../../../lib/domain/ports/index.ts';
import { claimsToBeOfJob } from '../../../lib/domain/token/job-claims.ts';

export interface JobTokensUnderTest {
  readonly tokens: JobTokens;
  /** Tokens of another installation. */
  readonly others: JobTokens;
  now(): number;
}

const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const JOB: JobActor = {
  kind: 'job',
  job_id: `job_${ULID}`,
  run_id: `run_${ULID}`,
  project_id: `prj_${ULID}`,
  claim_id: '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20',
};

export function jobTokensContract(subject: () => JobTokensUnderTest): void {
  const inAnHour = () => new Date(subject().now() + 3_600_000);

  test('a token tells its job until it expires', async () => {
    const good = await subject().tokens.sign(JOB, inAnHour());
    const expired = await subject().tokens.sign(JOB, new Date(subject().now() - 1000));

    expect(await subject().tokens.verify(good)).toEqual(JOB);
    expect(await subject().tokens.verify(expired)).toBeUndefined();
  });

  test('a token says that it is of a job, until it expires, to whoever has no key', async () => {
    const good = await subject().tokens.sign(JOB, inAnHour());

    expect(claimsToBeOfJob(good, new Date(subject().now()))).toBe(true);
    expect(claimsToBeOfJob(good, inAnHour())).toBe(false);
  });

  test('a token of another key is no token here', async () => {
    const foreign = await subject().others.sign(JOB, inAnHour());

    expect(await subject().tokens.verify(foreign)).toBeUndefined();
  });

  test('a token that was changed in any character is no token', async () => {
    const token = await subject().tokens.sign(JOB, inAnHour());

    await fc.assert(
      fc.asyncProperty(
        // The last character of a base64url part may hold bits that count for nothing.
        fc.nat({ max: token.length - 2 }).filter((at) => token[at] !== '.' && token[at + 1] !== '.'),
        fc.constantFrom(...'Aa0-_.'),
        async (at, other) => {
          fc.pre(token[at] !== other);
          const forged = token.slice(0, at) + other + token.slice(at + 1);
          expect(await subject().tokens.verify(forged)).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });

  test.each(['', '.', '..', '...', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])('%j is no token', async (text) => {
    expect(claimsToBeOfJob(text, new Date(subject().now()))).toBe(false);
    expect(await subject().tokens.verify(text)).toBeUndefined();
  });
}
