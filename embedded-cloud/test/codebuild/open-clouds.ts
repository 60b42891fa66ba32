/** Clouds that tests open, closed after each test. */

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, vi } from 'vitest';
import { codeBuildCloud, type Setup } from './build-cloud.ts';
import type { ScriptedCloud } from './scripted-cloud.ts';

export const spec = (...commands: string[]) =>
  JSON.stringify({ version: 0.2, phases: { build: { commands } } });

/** Command lines of processes that hold `mark` as an argument. */
export function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .filter((line) => line.split('\0').includes(mark) && line.startsWith('sleep'));
}

export interface OpenClouds {
  /** A cloud with CodeBuild and one project. */
  setUp(setup: Setup): ReturnType<typeof codeBuildCloud>;
  /** Its clouds are closed after the test; what is taken out is left to the test. */
  readonly open: ScriptedCloud[];
}

export function openClouds(): OpenClouds {
  const open: ScriptedCloud[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const cloud of open.splice(0)) await cloud.close();
  });
  return {
    open,
    async setUp(setup) {
      const made = await codeBuildCloud(setup);
      open.push(made.cloud);
      return made;
    },
  };
}
