/** A disk that fills quickly: a file system in memory. Ask for it with `needs('small disks')`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demand } from './tools.ts';

/** @param megabytes of 1024 * 1024 bytes */
export async function smallDisk(megabytes: number): Promise<AsyncDisposable & { readonly folder: string }> {
  demand('small disks');
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      // Lazily: what was killed a moment ago may still have a file of it open.
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
