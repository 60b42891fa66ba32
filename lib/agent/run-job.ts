import type { ClaimedJob, ReportResult } from '../domain/execution/model/job.ts';
import type { JobApi } from './api.ts';
import { saveCaches } from './cache.ts';
import { ProcessGroups } from './command.ts';
import { diskFailure, watchDisk } from './disk.ts';
import { failureOf, JobFailure, JobStopped, timeoutFailure } from './failure.ts';
import { machineInWords, queueInWords, seconds } from './machine.ts';
import { say, sayLast, Tail } from './output.ts';
import { enter, PERCENT, sayDetail, type Work } from './phase.ts';
import { phases } from './phases.ts';
import { Progress } from './progress.ts';
import { createWorkspace, removeWorkspace } from './workspace.ts';

/**
 * Does the job and reports how it ended.
 *
 * @throws JobStopped when the API or the backend says so, or an error when the result could not be reported
 */
export async function runJob(api: JobApi, claimed: ClaimedJob): Promise<ReportResult> {
  // Not of the process: a machine may have waited for its job for long.
  const begun = performance.now();
  const stop = new AbortController();
  const progress = new Progress(api, () => stop.abort(new JobStopped('api')));
  const groups = new ProcessGroups();
  const workspace = await createWorkspace();
  const work: Work = {
    api,
    claimed,
    workspace,
    groups,
    progress,
    signal: stop.signal,
    step: 'prepare',
    tail: new Tail(),
    folder: workspace.tree,
    toSave: [],
  };
  say(`==> queue: ${queueInWords(claimed.job)}`);
  sayDetail(machineInWords(claimed.job));
  const { timeout_seconds: limit, timeout_of: limitOf } = claimed.job.spec;
  const deadline = setTimeout(
    () => stop.abort(new JobFailure(timeoutFailure(limit, limitOf, work.step, work.tail.lines()))),
    limit * 1000,
  );
  const disk = watchDisk(workspace.root, (left) => {
    // Without a moment for cleaning up: in five seconds the disk would be full.
    void groups.end(false);
    stop.abort(new JobFailure(diskFailure(left, work.step, work.tail.lines())));
  });
  const interrupt = () => stop.abort(new JobStopped('backend'));
  process.once('SIGTERM', interrupt).once('SIGINT', interrupt);
  try {
    const result = await outcomeOf(work);
    if (result.status === 'completed' && work.toSave.length > 0) {
      // The build is done in its time; what is saved now has a limit of its own.
      clearTimeout(deadline);
      disk.stop();
      await keepCaches(work);
    }
    await Promise.all([progress.close(), groups.end(stop.signal.aborted)]);
    if (stop.signal.reason instanceof JobStopped) throw stop.signal.reason;
    // Before it is reported: the run may end with that, and its log is whole then.
    sayEnd(result, begun);
    await api.result(result);
    return result;
  } finally {
    clearTimeout(deadline);
    disk.stop();
    await progress.close();
    await groups.end(false);
    await removeWorkspace(workspace);
  }
}

function sayEnd(result: ReportResult, begun: number): void {
  if (result.status === 'completed') {
    sayLast(`==> done in ${seconds(performance.now() - begun)}`);
    return;
  }
  const { code, message, hint } = result.error;
  const failed = `==> failed (${code}): ${message}`;
  if (hint !== undefined) say(failed);
  sayLast(hint === undefined ? failed : `    ${hint}`);
}

async function keepCaches(work: Work): Promise<void> {
  enter(work, 'save caches', PERCENT.save);
  const { api, claimed, workspace, folder } = work;
  const full = new AbortController();
  const disk = watchDisk(workspace.root, (left) =>
    full.abort(new Error(`the disk was almost full: ${left} were left`)),
  );
  const signal = AbortSignal.any([work.signal, full.signal]);
  try {
    await saveCaches({ api, job: claimed.job, workspace, folder, signal }, work.toSave);
  } finally {
    disk.stop();
  }
}

/** The phases, or what stopped them: a phase that hangs must not outlast the job's time. */
async function outcomeOf(work: Work): Promise<ReportResult> {
  const stopped = new Promise<never>((_, reject) => {
    work.signal.addEventListener('abort', () => reject(work.signal.reason), { once: true });
  });
  try {
    return { status: 'completed', ...(await Promise.race([phases(work), stopped])) };
  } catch (error) {
    // What is said here is masked where it is sent (api.ts): names of files and tools' own words come from the build.
    return {
      status: 'failed',
      error: failureOf(work.signal.aborted ? work.signal.reason : error, work.step),
    };
  }
}
