import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeUsage } from 'embedded-cloud/usage';
import { describe, expect, it } from 'vitest';
import { FILES, usageFolder } from './server.ts';
import { EXCEPTIONS } from './unused-permissions.ts';

/** The system tests that ran before this one, and those that there are. */
function files(): { ran: Set<string>; all: string[] } {
  const list = join(usageFolder(), FILES);
  const ran = new Set(existsSync(list) ? readFileSync(list, 'utf8').split('\n') : []);
  const own = new Set(['permissions.test.ts', 'kill.test.ts']);
  return {
    ran,
    all: readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts') && !own.has(name)),
  };
}

interface Permission {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** What no cloud of this run has needed. The ends of secrets' ARNs are another in each installation. */
function unused(): Permission[] {
  const sums = new Map<string, { permission: Permission; count: number }>();
  for (const { role, action, resource, count } of mergeUsage(usageFolder())) {
    const permission = {
      role: role.split('/').at(-1) ?? '',
      action,
      resource: resource.replace(/(:secret:.*)-[A-Za-z0-9]{6}$/, '$1'),
    };
    const key = Object.values(permission).join(' ');
    sums.set(key, { permission, count: count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].filter(({ count }) => count === 0).map(({ permission }) => permission);
}

const excuses = (one: (typeof EXCEPTIONS)[number], { role, action }: Permission) =>
  one.role.test(role) && one.action.test(action);

describe('the permissions of the template', () => {
  it('are all needed, but for exceptions with a reason', ({ skip }) => {
    const { ran, all } = files();
    const absent = all.filter((name) => !ran.has(name));
    skip(absent.length > 0, `tells only after all system tests; these did not run: ${absent.join(', ')}`);

    const left = unused()
      .filter((permission) => !EXCEPTIONS.some((one) => excuses(one, permission)))
      .map(({ role, action, resource }) => `${role} may ${action} on ${resource}`);
    expect(left).toEqual([]);
  });

  it('have no exception that is needed after all', ({ skip }) => {
    const { ran, all } = files();
    skip(
      all.some((name) => !ran.has(name)),
      'tells only after all system tests',
    );

    const never = unused();
    const idle = EXCEPTIONS.filter(
      (one) => one.byChance !== true && !never.some((permission) => excuses(one, permission)),
    );
    expect(idle.map(({ role, action }) => `${role} ${action}`)).toEqual([]);
  });
});
