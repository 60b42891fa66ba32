/** Checkouts, and what git and this program name in them. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { demand } from 'embedded-cloud/test-kit/tools.ts';
import { type PackTreeOptions, packTree, unpack } from '../../lib/archive/index.ts';
import { type Sandbox, treeOf } from './sandbox.ts';

/** git as on a machine where nobody has set anything. */
export function git(cwd: string, ...args: string[]): string {
  demand('git');
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const named = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...named, ...args], { cwd, env, encoding: 'utf8', stdio: 'pipe' });
}

/** What git names, sorted: of files that are there. */
export const namedByGit = (cwd: string): string[] =>
  [...new Set(git(cwd, 'ls-files', '-co', '--exclude-standard', '-z').split('\0').filter(Boolean))].sort();

export async function namesPacked(sandbox: Sandbox, folder: string, options: Partial<PackTreeOptions> = {}) {
  const out = sandbox.path('source.tar.gz');
  const into = sandbox.path('unpacked');
  rmSync(into, { recursive: true, force: true });
  const result = await packTree(folder, { out, ...options });
  await unpack(out, { format: 'tar.gz', into });
  return { ...result, names: Object.keys(treeOf(into)).sort() };
}
