import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/iam/credentials.ts';

const ROLE = 'arn:aws:iam::000000000000:role/worker';

describe('access keys', () => {
  let folder: string;
  let now: number;
  let roles: Set<string>;
  const keyRing = () =>
    new KeyRing(
      folder,
      '000000000000',
      () => now,
      (arn) => roles.has(arn),
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keys-'));
    now = 1_000_000;
    roles = new Set([ROLE]);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('of a role and of the operator are the same at every start', () => {
    const [first, second] = [keyRing(), keyRing()];
    expect(second.session(ROLE, 'worker')).toEqual(first.session(ROLE, 'worker'));
    expect(second.operator).toEqual(first.operator);
    expect(statSync(join(folder, 'master.key')).mode & 0o077).toBe(0);
  });

  it('of another installation open nothing', () => {
    const { accessKeyId, sessionToken } = keyRing().session(ROLE, 'worker');
    rmSync(join(folder, 'master.key'));
    expect(keyRing().find(accessKeyId, sessionToken)).toBe('invalid-token');
  });

  it('belong to their role, need their own token, and end with the role', () => {
    const keys = keyRing();
    const mine = keys.session(ROLE, 'worker');
    const other = keys.session(ROLE, 'other');
    expect(keys.find(mine.accessKeyId, mine.sessionToken)).toMatchObject({
      secretAccessKey: mine.secretAccessKey,
      principal: { kind: 'role', arn: ROLE, session: 'worker' },
    });
    expect(keys.find(mine.accessKeyId, undefined)).toBe('unknown-key');
    expect(keys.find(mine.accessKeyId, other.sessionToken)).toBe('invalid-token');
    expect(keys.find(mine.accessKeyId, `${mine.sessionToken}x.y`)).toBe('invalid-token');
    roles.clear();
    expect(keys.find(mine.accessKeyId, mine.sessionToken)).toBe('invalid-token');
  });

  it('of a temporary session expire', () => {
    const keys = keyRing();
    const session = keys.session(ROLE, 'worker', now + 1_000);
    expect(keys.find(session.accessKeyId, session.sessionToken)).toHaveProperty('secretAccessKey');
    now += 1_000;
    expect(keys.find(session.accessKeyId, session.sessionToken)).toBe('expired-token');
  });
});
