/** Independent tools of AWS's formats and services, from PyPI, in an environment of their own. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demand } from 'embedded-cloud/test-kit/tools.ts';
import { ROOT } from '../system/assembly.ts';

/** Exact versions: a new one may find what this one does not, and is taken on purpose. */
const PACKAGES = ['cfn-lint==1.58.0', 'ministack==1.5.33'];

const CACHE = join(ROOT, 'node_modules', '.cache', 'second-sources');

/** @returns the folder of their programs, or why there is none: no Python, or no way to PyPI */
export function programs(): { readonly bin: string } | { readonly lacks: string } {
  demand('python3');
  const folder = join(CACHE, createHash('sha256').update(PACKAGES.join('\n')).digest('hex').slice(0, 16));
  const bin = join(folder, 'bin');
  const done = join(folder, 'done');
  if (existsSync(done)) return { bin };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  for (const [program, ...args] of [
    ['python3', '-m', 'venv', folder],
    [join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES],
  ] as const) {
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    const reason = error?.message ?? stderr.trim().split('\n').at(-1);
    if (status !== 0) return { lacks: `${PACKAGES.join(' and ')} cannot be installed here: ${reason}` };
  }
  writeFileSync(done, '');
  return { bin };
}
