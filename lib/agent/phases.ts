/** The phases of a job: fetch, unpack, commands, and then pack and upload, or outputs. */
import { realpath } from 'node:fs/promises';
import type { ImageSpec, ReportResult } from '../domain/execution/model/job.ts';
import { type PackedArtifact, packArtifacts, uploadArtifacts } from './artifacts.ts';
import { restoreCaches } from './cache.ts';
import { runCommand } from './command.ts';
import { artifactFailure, type CommandEnd, commandFailure, JobFailure, shortened } from './failure.ts';
import { seconds } from './machine.ts';
import { say, Tail } from './output.ts';
import { readOutputs, releaseVariables } from './outputs.ts';
import { enter, PERCENT, sayDetail, type Work } from './phase.ts';
import { fetchSecrets } from './secrets.ts';
import { chooseToolchains } from './toolchain/index.ts';
import { fetchTree } from './tree.ts';
import { commandEnvironment, contextFolder, requireFolder } from './workspace.ts';

type Completed = Omit<Extract<ReportResult, { status: 'completed' }>, 'status'>;

/** @returns what is reported of a job that went well */
export async function phases(work: Work): Promise<Completed> {
  const { api, claimed, workspace, signal } = work;
  const { job, source, release } = claimed;
  await fetchTree(work);
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
  const epoch = source && { SOURCE_DATE_EPOCH: String(source.time_seconds) };
  const about = await releaseVariables(work);
  await commands(work, folder, { ...epoch, ...tools.env, ...job.spec.env, ...about, ...secrets });
  if (release !== undefined) return { artifact_ids: [], outputs: await readOutputs(work) };
  const artifact_ids =
    job.spec.image === null
      ? await upload(work, await pack(work, folder))
      : await leaveImage(work, job.spec.image, folder);
  return { artifact_ids };
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

function howEnded({ exitCode, signal }: CommandEnd): string {
  return signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
