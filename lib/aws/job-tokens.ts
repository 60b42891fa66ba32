/** Job tokens: JWTs (RFC 7519) signed with HMAC-SHA256 by a key from Secrets Manager. */
import { jwtVerify, SignJWT } from 'jose';
import { JobActor } from '../domain/access/actor.ts';
import type { JobTokens } from '../domain/ports/index.ts';
import { JOB_AUDIENCE } from '../domain/token/job-claims.ts';
import { secretReader } from './secrets.ts';
import { setting } from './settings.ts';

export function jwtJobTokens(
  readKey: () => Promise<string> = secretReader(setting('STAITHE_JOB_TOKEN_SECRET')),
): JobTokens {
  const key = async () => new TextEncoder().encode(await readKey());
  return {
    async sign({ job_id, run_id, project_id, claim_id }, expires) {
      return new SignJWT({ run_id, project_id, ...(claim_id !== undefined && { claim_id }) })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(job_id)
        .setAudience(JOB_AUDIENCE)
        .setExpirationTime(expires)
        .sign(await key());
    },
    async verify(token) {
      const secret = await key();
      try {
        const { payload } = await jwtVerify(token, secret, {
          audience: JOB_AUDIENCE,
          algorithms: ['HS256'],
          requiredClaims: ['exp', 'sub'],
        });
        return JobActor.parse({
          kind: 'job',
          job_id: payload.sub,
          run_id: payload.run_id,
          project_id: payload.project_id,
          ...(payload.claim_id !== undefined && { claim_id: payload.claim_id }),
        });
      } catch {
        return undefined; // forged, expired or of another kind: in any case no job's token
      }
    },
  };
}
