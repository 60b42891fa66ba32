/** Before and after a whole vitest run: one folder that all system tests share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder of this vitest run: the assembly, made by whoever needs it first, and what permissions were used. */
    runFolder: string;
  }
}

/** @returns the teardown */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const runFolder = await mkdtemp(join(tmpdir(), 'staithe-test-run-'));
  project.provide('runFolder', runFolder);
  return () => rm(runFolder, { recursive: true, force: true });
}
