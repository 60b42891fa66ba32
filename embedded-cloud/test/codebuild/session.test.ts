/** The start of a session that fails: what is left of it. */
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Limits } from '../../src/codebuild/limits.ts';
import { plain, type Sandbox } from '../../src/codebuild/sandbox.ts';
import { Session } from '../../src/codebuild/session.ts';
import { needs } from '../../test-kit/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'session-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('a session that cannot be started', needs('/proc'), () => {
  it('keeps no pipe open, holds no limits, and leaves no file', async () => {
    const within = (name: string) => join(folder, name);
    const [output, home, temporary, state] = ['output', 'home', 'tmp', 'state'].map(within);
    const host = {
      ...{ output: `${output}`, home: `${home}`, temporary: `${temporary}`, state: `${state}` },
      scripts: within('scripts'),
    };
    for (const path of Object.values(host)) mkdirSync(path);
    // Where pipes are made: a cloud that other tests of this process share has pipes elsewhere.
    vi.stubEnv('TMPDIR', folder);
    let released = 0;
    const limits: Limits = {
      ...{ kind: 'none', groups: [], wrap: (command) => [...command], wrapInside: (command) => [...command] },
      release: async () => void released++,
    };
    const sandbox: Sandbox = {
      ...plain,
      wrap: () => {
        throw new Error('no such wrapping');
      },
    };

    const starting = Session.start({ sandbox, limits, host, shell: '/bin/sh' });

    await expect(starting).rejects.toThrow('no such wrapping');
    await expect.poll(openPipes).toEqual([]);
    expect(released).toBe(1);
    expect(readdirSync(folder).toSorted()).toEqual(['home', 'output', 'scripts', 'state', 'tmp']);
  });
});

/** Pipes with a name below the folder that this process has open. */
function openPipes(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target.startsWith(folder) && target.includes('codebuild-pipe-') ? [target] : [];
    } catch {
      return []; // that of this look
    }
  });
}
