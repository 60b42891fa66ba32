/**
 * Access keys, derived from one random master secret so that none has to be stored: a session token carries whose it
 * is and until when, sealed with a MAC; key id and secret follow from the token. The same role has the same key at
 * every start, and a token that someone else made up, or of a role that the template no longer has, opens nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { AccessKey, Principal } from '../service.ts';
import { keyFile } from '../state/key-file.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SessionCredentials extends Credentials {
  readonly sessionToken: string;
}

/** Why a key was not accepted, in the gateway's words. */
export type KeyProblem = 'unknown-key' | 'invalid-token' | 'expired-token';

/** Role ARN, session name, the end in milliseconds since the epoch (0: with the role), and the session's policy if it has one. */
const payloadSchema = z.tuple([z.string(), z.string(), z.number()]).rest(z.string());

interface KnownSession extends AccessKey {
  readonly accessKeyId: string;
  readonly expires: number;
}

/** Sessions kept checked; each function has one, so this is far more than a template needs. */
const CACHE_LIMIT = 1_000;

export class KeyRing {
  readonly operator: Credentials & { readonly principal: Principal };
  readonly #master: Buffer;
  readonly #now: () => number;
  readonly #isRole: (arn: string) => boolean;
  readonly #sessions = new Map<string, KnownSession>();

  constructor(folder: string, accountId: string, now: () => number, isRole: (arn: string) => boolean) {
    this.#master = keyFile(join(folder, 'master.key'), 'the secret behind every access key');
    this.#now = now;
    this.#isRole = isRole;
    this.operator = {
      accessKeyId: `AKIA${this.#keyId('operator')}`,
      secretAccessKey: this.#secret('operator'),
      principal: { kind: 'operator', arn: `arn:aws:iam::${accountId}:user/operator` },
    };
  }

  /**
   * @param expires milliseconds since the epoch; 0 lasts as long as the role
   * @param policy the session policy (JSON), which goes with the token as in AWS
   */
  session(roleArn: string, session: string, expires = 0, policy?: string): SessionCredentials {
    const facts = [roleArn, session, expires, ...(policy === undefined ? [] : [policy])];
    const payload = Buffer.from(JSON.stringify(facts)).toString('base64url');
    return {
      accessKeyId: `ASIA${this.#keyId(payload)}`,
      secretAccessKey: this.#secret(payload),
      sessionToken: `${payload}.${this.#mac(`token:${payload}`).toString('base64url')}`,
    };
  }

  find(accessKeyId: string, sessionToken: string | undefined): AccessKey | KeyProblem {
    if (accessKeyId === this.operator.accessKeyId) return this.operator;
    if (sessionToken === undefined) return 'unknown-key';
    const known = this.#sessions.get(sessionToken) ?? this.#open(sessionToken);
    if (known === undefined || known.accessKeyId !== accessKeyId) return 'invalid-token';
    if (!this.#isRole(known.principal.arn)) return 'invalid-token';
    return known.expires !== 0 && known.expires <= this.#now() ? 'expired-token' : known;
  }

  #open(sessionToken: string): KnownSession | undefined {
    const [payload = '', mac = ''] = sessionToken.split('.');
    const expected = this.#mac(`token:${payload}`);
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const [arn, session, expires, sessionPolicy] = payloadSchema.parse(
      JSON.parse(Buffer.from(payload, 'base64url').toString()),
    );
    const { accessKeyId, secretAccessKey } = this.session(arn, session, expires, sessionPolicy);
    const known: KnownSession = {
      accessKeyId,
      secretAccessKey,
      expires,
      principal: { kind: 'role', arn, session, ...(sessionPolicy === undefined ? {} : { sessionPolicy }) },
    };
    if (this.#sessions.size >= CACHE_LIMIT) this.#sessions.clear();
    this.#sessions.set(sessionToken, known);
    return known;
  }

  /** Sixteen characters, as AWS's key ids have after their prefix. */
  #keyId(payload: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const bytes = this.#mac(`id:${payload}`).subarray(0, 16);
    return Array.from(bytes, (byte) => alphabet[byte % 32]).join('');
  }

  #secret(payload: string): string {
    return this.#mac(`secret:${payload}`).toString('base64').slice(0, 40);
  }

  #mac(text: string): Buffer {
    return createHmac('sha256', this.#master).update(text).digest();
  }
}
