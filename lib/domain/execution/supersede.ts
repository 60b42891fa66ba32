/** A new run of a branch supersedes older queued ones, in projects that are configured so. */

import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { type Condition, ConditionFailed } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import { cancelRun } from './end/index.ts';
import { branchOf } from './model/branch.ts';
import type { Build } from './model/build.ts';
import { jobs } from './model/job-record.ts';
import type { Run } from './model/run.ts';
import { runs } from './model/run-record.ts';
import { pullRequestOf } from './model/trust.ts';

/**
 * Makes the run the newest of its branch and cancels the one before, when none of its jobs has begun. That one has
 * done the same to those before it, so nothing older waits.
 */
export async function supersede(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  project: Pick<Project, 'id' | 'supersede'>,
  build: Build,
  run: Run,
): Promise<void> {
  const branch = branchKeyOf(build);
  if (!project.supersede || branch === undefined) return;
  const older = await becomeNewest(ports, project.id, branch, run.id);
  if (older !== undefined && (await isQueued(ports, older)))
    await cancelRun(ports, older, `superseded by ${run.id}`, run.id).catch((error: unknown) => {
      // It has ended meanwhile.
      if (!(error instanceof StaitheError && error.code === 'wrong_state')) throw error;
    });
}

/** The branch, or the fork's pull request: a fork that calls its branch as one of the project's ends none of its runs. */
function branchKeyOf({ trust, git_ref: ref }: Build): string | undefined {
  if (trust === 'own') return branchOf(ref);
  const pullRequest = pullRequestOf(ref);
  // Git has no names with a blank (git-check-ref-format), so this is nobody's branch.
  return pullRequest && `fork ${pullRequest}`;
}

/** @returns the run that was the newest until now; none when this one is older than that */
async function becomeNewest(
  ports: Pick<Ports, 'table'>,
  projectId: string,
  branch: string,
  runId: string,
): Promise<string | undefined> {
  const key = Keys.branchHead(projectId, branch);
  for (let when: Condition = { absent: true }, revision = 1, older: string | undefined; ; ) {
    try {
      await ports.table.write({ put: { ...key, entity: 'branch_head', revision, run_id: runId }, when });
      return older;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      const { existing } = error;
      older = typeof existing?.run_id === 'string' ? existing.run_id : undefined;
      // Ids are sorted by time: a run that was begun later stays the newest.
      if (older !== undefined && older >= runId) return undefined;
      when = existing === undefined ? { absent: true } : { revision: existing.revision };
      revision = (existing?.revision ?? 0) + 1;
    }
  }
}

async function isQueued(ports: Pick<Ports, 'table'>, runId: string): Promise<boolean> {
  const run = (await runs.get(ports.table, Keys.run(runId)))?.value;
  if (run?.status === 'pending') return true;
  if (run?.status !== 'building') return false;
  const found = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  return found.every(({ status }) => status === 'pending');
}
