import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeUsage } from '../../lib/local/iam/usage.ts';
import { FILES, usageFolder } from './server.ts';
import { EXCEPTIONS } from './unused-permissions.ts';

/** The system tests that ran before this one, and those that there are. */
function files(): { ran: Set<string>; all: string[] } {
  const list = join(usageFolder(), FILES);
  const ran = new Set(existsSync(list) ? readFileSync(list, 'utf8').split('\n') : []);
  const own = new Set(['permissions.test.ts', 'kill.test.ts', 'denied.test.ts']);
  return {
    ran,
    all: readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts') && !own.has(name)),
  };
}

describe('the permissions of the template', () => {
  it('are all needed, but for exceptions with a reason', ({ skip }) => {
    const { ran, all } = files();
    const absent = all.filter((name) => !ran.has(name));
    skip(absent.length > 0, `tells only after all system tests; these did not run: ${absent.join(', ')}`);

    const unused = mergeUsage(usageFolder()).filter(({ count }) => count === 0);
    const left = unused
      .map(({ role, action, resource }) => ({ role: role.split('/').at(-1) ?? '', action, resource }))
      .filter(({ role, action }) => !EXCEPTIONS.some((one) => one.role.test(role) && one.action.test(action)))
      .map(({ role, action, resource }) => `${role} may ${action} on ${resource}`);
    expect(left).toEqual([]);
  });

  it('have no exception that is needed after all', ({ skip }) => {
    const { ran, all } = files();
    skip(
      all.some((name) => !ran.has(name)),
      'tells only after all system tests',
    );

    const unused = mergeUsage(usageFolder()).filter(({ count }) => count === 0);
    const idle = EXCEPTIONS.filter(
      (one) =>
        !unused.some(
          ({ role, action }) => one.role.test(role.split('/').at(-1) ?? '') && one.action.test(action),
        ),
    );
    expect(idle.map(({ role, action }) => `${role} ${action}`)).toEqual([]);
  });
});
