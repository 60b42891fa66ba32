import type { CacheKey } from '../domain/cache/schema.ts';
import type { ClaimedJob } from '../domain/execution/model/job.ts';
import type { JobApi } from './api.ts';
import type { ProcessGroups } from './command.ts';
import { masked, say, type Tail } from './output.ts';
import type { Progress } from './progress.ts';
import type { Workspace } from './workspace.ts';

/** Percent of a job at the beginning of its phases; commands share what lies between unpack and pack. */
export const PERCENT = {
  ...{ fetch: 2, unpack: 5, prepare: 8, commands: 10 },
  // Of a service that is an image the Dockerfile does most.
  ...{ image: 40, pack: 85, push: 87, upload: 90, save: 95 },
} as const;

/** What the phases share. */
export interface Work {
  readonly api: JobApi;
  readonly claimed: ClaimedJob;
  readonly workspace: Workspace;
  readonly groups: ProcessGroups;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** What the agent is at, for failures: a phase, or a command. */
  step: string;
  tail: Tail;
  /** Where commands run, and the caches to save when all has gone well. */
  folder: string;
  toSave: readonly CacheKey[];
}

/** Begins a phase: says so in the log and to the API, and waits for neither. */
export function enter(work: Work, stage: string, percent: number, line = stage): void {
  work.signal.throwIfAborted();
  work.step = stage;
  work.progress.enter(masked(stage), percent);
  say(`==> ${line}`);
}

/** What came of the phase that was entered last. */
export function sayDetail(line: string): void {
  say(`    ${line}`);
}
