/** Job tokens of three parts, signed with HMAC-SHA256, on a clock that tests move. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { JobActor } from '../../lib/domain/access/actor.ts';
import type { Clock, JobTokens } from '../../lib/domain/ports/index.ts';
import { JOB_AUDIENCE } from '../../lib/domain/token/job-claims.ts';

const Claims = z.object({ actor: JobActor, exp: z.number() });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function memoryJobTokens(clock: Clock, key = 'a key for tests'): JobTokens {
  const signatureOf = (text: string) => createHmac('sha256', key).update(text).digest();
  return {
    async sign(actor, expires) {
      const text = `${encode({ alg: 'HS256' })}.${encode({ aud: JOB_AUDIENCE, exp: expires.getTime() / 1000, actor })}`;
      return `${text}.${signatureOf(text).toString('base64url')}`;
    },
    async verify(token) {
      const [header, claims, signature] = token.split('.');
      const given = Buffer.from(signature ?? '', 'base64url');
      const expected = signatureOf(`${header}.${claims}`);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const read = Claims.parse(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()));
      return read.exp * 1000 > clock.now().getTime() ? read.actor : undefined;
    },
  };
}
