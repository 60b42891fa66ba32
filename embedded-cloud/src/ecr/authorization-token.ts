/**
 * The password of the user `AWS`: who asked for it and until when it is good, sealed. So every request to the
 * registry is made by the principal that got the token, with its session's policy, also after a restart.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { open, seal } from '../kms/sealed-box.ts';
import type { Principal } from '../service.ts';
import { keyFile } from '../state/key-file.ts';

/** "The authorization token is valid for 12 hours" (GetAuthorizationToken). */
const TOKEN_MILLISECONDS = 12 * 60 * 60 * 1000;

/** S3's presigned URLs, to which GetDownloadUrlForLayer leads in AWS, are good for an hour. */
const DOWNLOAD_MILLISECONDS = 60 * 60 * 1000;

const Bearer = z.object({
  kind: z.enum(['role', 'operator']),
  arn: z.string(),
  session: z.string().optional(),
  sessionPolicy: z.string().optional(),
  expires: z.number(),
});

const Download = z.object({ repository: z.string(), digest: z.string(), expires: z.number() });

export type TokenProblem = 'invalid' | 'expired';

export class AuthorizationTokens {
  readonly #key: Buffer;
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#key = keyFile(join(folder, 'key'), 'the key of registry passwords');
    this.#now = now;
  }

  /** @returns the password, and its end in milliseconds since the epoch */
  issue(principal: Principal): { password: string; expires: number } {
    const expires = this.#now() + TOKEN_MILLISECONDS;
    return { password: this.#sealed({ ...principal, expires }, 'token'), expires };
  }

  principal(password: string): Principal | TokenProblem {
    const bearer = Bearer.safeParse(this.#opened(password, 'token')).data;
    if (bearer === undefined) return 'invalid';
    const { kind, arn, session, sessionPolicy, expires } = bearer;
    if (expires <= this.#now()) return 'expired';
    return {
      kind,
      arn,
      ...(session === undefined ? {} : { session }),
      ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
    };
  }

  /** A link to one layer that needs no further credentials. */
  downloadTicket(repository: string, digest: string): string {
    return this.#sealed({ repository, digest, expires: this.#now() + DOWNLOAD_MILLISECONDS }, 'download');
  }

  download(ticket: string): { repository: string; digest: string } | undefined {
    const found = Download.safeParse(this.#opened(ticket, 'download')).data;
    return found !== undefined && found.expires > this.#now() ? found : undefined;
  }

  #sealed(value: unknown, purpose: string): string {
    return seal(this.#key, Buffer.from(JSON.stringify(value)), purpose).toString('base64url');
  }

  #opened(text: string, purpose: string): unknown {
    try {
      return JSON.parse(open(this.#key, Buffer.from(text, 'base64url'), purpose).toString());
    } catch {
      return undefined;
    }
  }
}
