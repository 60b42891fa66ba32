/** Before and after a whole vitest run: one folder that all system tests share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder of this vitest run: the assembly, made by whoever needs it first, and what permissions were used. */
    runFolder: string;
  }
}

/** Where the CLI is bundled: as deep in the checkout as its sources, which find the checkout's root by that. */
export const programFolder = (runFolder: string): string =>
  join(import.meta.dirname, '..', '..', 'node_modules', '.cache', basename(runFolder));

/** @returns the teardown */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const runFolder = await mkdtemp(join(tmpdir(), 'staithe-test-run-'));
  project.provide('runFolder', runFolder);
  return async () => {
    for (const folder of [runFolder, programFolder(runFolder)])
      await rm(folder, { recursive: true, force: true });
  };
}
