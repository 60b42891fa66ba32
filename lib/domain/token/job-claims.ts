/** What a job token (a JWT, RFC 7519) says of itself. */
import * as z from 'zod';

export const JOB_AUDIENCE = 'staithe:job';

/** `exp` in seconds since the epoch. */
const Claims = z.object({ aud: z.literal(JOB_AUDIENCE), exp: z.number() });

/**
 * Whether a credential claims to be a job token that has not expired. Its signature is not checked, so this is good for
 * one thing only: a function without routes for agents, which must not have the key, says by it why it refuses.
 */
export function claimsToBeOfJob(credential: string, now: Date): boolean {
  const [, claims, signature, ...more] = credential.split('.');
  if (claims === undefined || signature === undefined || more.length > 0) return false;
  try {
    const read = Claims.safeParse(JSON.parse(Buffer.from(claims, 'base64url').toString()));
    return read.success && read.data.exp * 1000 > now.getTime();
  } catch {
    return false; // not JSON
  }
}
