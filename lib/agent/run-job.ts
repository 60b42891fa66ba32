/** The way of one job through the agent: fetch, unpack, commands, pack, upload, report. */
import { realpath } from 'node:fs/promises';
import { ArchiveError } from '../archive/error.ts';
import { unpack } from '../archive/unpack.ts';
import type { CacheKey } from '../domain/cache/schema.ts';
import type { ClaimedJob, ImageSpec, ReportResult } from '../domain/execution/model/job.ts';
import type { JobApi } from './api.ts';
import { inWords, type PackedArtifact, packArtifacts, uploadArtifacts } from './artifacts.ts';
import { restoreCaches, saveCaches } from './cache.ts';
import { ProcessGroups, runCommand } from './command.ts';
import { diskFailure, watchDisk } from './disk.ts';
import {
  artifactFailure,
  type CommandEnd,
  commandFailure,
  failureOf,
  JobFailure,
  JobStopped,
  shortened,
  sourceFailure,
  timeoutFailure,
} from './failure.ts';
import { machineInWords, queueInWords, seconds } from './machine.ts';
import { warnOfMissingContent } from './missing-content.ts';
import { masked, say, sayLast, Tail } from './output.ts';
import { Progress } from './progress.ts';
import { fetchSecrets } from './secrets.ts';
import { fetchSource } from './source.ts';
import { chooseToolchains } from './toolchain/index.ts';
import {
  commandEnvironment,
  contextFolder,
  createWorkspace,
  removeWorkspace,
  requireFolder,
  type Workspace,
} from './workspace.ts';

/** Percent of a job at the beginning of its phases; commands share what lies between unpack and pack. */
const PERCENT = {
  ...{ fetch: 2, unpack: 5, prepare: 8, commands: 10 },
  // Of a service that is an image the Dockerfile does most.
  ...{ image: 40, pack: 85, push: 87, upload: 90, save: 95 },
} as const;

/** What the phases share. */
interface Work {
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
    return { status: 'completed', artifact_ids: await Promise.race([phases(work), stopped]) };
  } catch (error) {
    // What is said here is masked where it is sent (api.ts): names of files and tools' own words come from the build.
    return {
      status: 'failed',
      error: failureOf(work.signal.aborted ? work.signal.reason : error, work.step),
    };
  }
}

async function phases(work: Work): Promise<string[]> {
  const { api, claimed, workspace, signal } = work;
  const { job, source } = claimed;
  enter(work, 'fetch source', PERCENT.fetch, `fetch source (${inWords(source.size_bytes)})`);
  const fetching = performance.now();
  await fetchSource(api, claimed, workspace.archive, signal);
  sayDetail(`came in ${seconds(performance.now() - fetching)}`);

  enter(work, 'unpack', PERCENT.unpack);
  const tree = await unpack(workspace.archive, {
    format: source.format,
    stripComponents: source.strip_components,
    into: workspace.tree,
    timeSeconds: source.time_seconds,
  }).catch((error: unknown) => {
    throw error instanceof ArchiveError ? new JobFailure(sourceFailure(error)) : error;
  });
  sayDetail(`${counted(tree.files, 'file')}, ${inWords(tree.bytes)}`);
  await warnOfMissingContent(workspace.tree);
  enter(work, 'prepare', PERCENT.prepare);
  const folder = await contextFolder(workspace, job.spec.context);
  sayDetail(
    `context '${job.spec.context}'; variables: ${Object.keys(job.spec.env).sort().join(', ') || 'none'}`,
  );
  work.folder = folder;
  const tools = await chooseToolchains(job, { folder, env: commandEnvironment(workspace, {}), signal });
  if (tools.words.length > 0) sayDetail(`toolchains: ${tools.words.join(', ')}`);
  const secrets = await fetchSecrets(api, job, signal);
  if (job.spec.caches.length > 0) {
    enter(work, 'restore caches', PERCENT.prepare);
    work.toSave = await restoreCaches({ api, job, workspace, folder, signal });
  }
  // What reproducible-builds.org/specs/source-date-epoch asks tools to write in place of the present time.
  const epoch = { SOURCE_DATE_EPOCH: String(source.time_seconds) };
  await commands(work, folder, { ...epoch, ...tools.env, ...job.spec.env, ...secrets });

  return job.spec.image === null
    ? upload(work, await pack(work, folder))
    : leaveImage(work, job.spec.image, folder);
}

async function pack(work: Work, folder: string): Promise<PackedArtifact[]> {
  enter(work, 'pack', PERCENT.pack);
  const { claimed, workspace } = work;
  await requireFolder(folder, claimed.job.spec.context, 'pack');
  const base = await realpath(folder);
  return packArtifacts(claimed.job, base, workspace.out).catch((error: unknown) => {
    throw artifactFailure(error, base);
  });
}

async function upload(work: Work, artifacts: readonly PackedArtifact[]): Promise<string[]> {
  enter(work, 'upload', PERCENT.upload, `upload ${counted(artifacts.length, 'artifact')}`);
  return uploadArtifacts(work.api, artifacts, work.signal);
}

/** Of a service with a Dockerfile: its image, and the files beside it. Nothing is pushed when the files are missing. */
async function leaveImage(work: Work, spec: ImageSpec, folder: string): Promise<string[]> {
  enter(work, 'build image', PERCENT.image);
  await requireFolder(folder, work.claimed.job.spec.context, 'build image');
  // Loaded only here: most jobs make no image, and each module delays the first command of all.
  const { buildImage, publishImage, removeImage, saveImage } = await import('./image/index.ts');
  const image = await buildImage(work, spec, folder);
  try {
    const files = await pack(work, folder);
    if (!spec.push) return await upload(work, [...files, await saveImage(work, image)]);
    enter(work, 'push image', PERCENT.push);
    const id = await publishImage(work, image, spec);
    return files.length === 0 ? [id] : [id, ...(await upload(work, files))];
  } finally {
    await removeImage(work, image).catch(() => undefined);
  }
}

async function commands(work: Work, folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { spec } = work.claimed.job;
  const until = spec.image === null ? PERCENT.pack : PERCENT.image;
  for (const [index, command] of spec.commands.entries()) {
    const share = ((until - PERCENT.commands) * index) / spec.commands.length;
    const stage = `command ${index + 1} of ${spec.commands.length}`;
    enter(work, stage, Math.floor(PERCENT.commands + share), `${stage}: ${shortened(command)}`);
    say(`$ ${command}`);
    work.step = command;
    work.tail = new Tail();
    await requireFolder(folder, spec.context, command);
    const { groups, tail, signal } = work;
    const { pipes } = work.workspace;
    const began = performance.now();
    const end = await runCommand(command, { folder, env, groups, pipes, tail, signal });
    sayDetail(`${howEnded(end)} after ${seconds(performance.now() - began)}`);
    if (end.exitCode !== 0) throw new JobFailure(commandFailure(end));
  }
  work.tail = new Tail();
  // What commands left in the background must not change files while they are packed.
  await work.groups.end(false);
}

/** Begins a phase: says so in the log and to the API, and waits for neither. */
function enter(work: Work, stage: string, percent: number, line = stage): void {
  work.signal.throwIfAborted();
  work.step = stage;
  work.progress.enter(masked(stage), percent);
  say(`==> ${line}`);
}

/** What came of the phase that was entered last. */
function sayDetail(line: string): void {
  say(`    ${line}`);
}

function howEnded({ exitCode, signal }: CommandEnd): string {
  return signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
