/** A service's Dockerfile becomes an image on this machine, by whichever builder is there. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ARTIFACT_MAX_BYTES, type ImageSpec } from '../../domain/execution/model/job.ts';
import { tagOfJob } from '../../domain/image/schema.ts';
import { inWords, type PackedArtifact } from '../artifacts.ts';
import { commandFailure, JobFailure } from '../failure.ts';
import { seconds } from '../machine.ts';
import { say } from '../output.ts';
import { imageBuildFailure } from './build-failure.ts';
import type { Builder } from './builder.ts';
import { dateFiles } from './date-files.ts';
import { findDockerfile } from './dockerfile.ts';
import { findBuilder } from './find-builder.ts';
import { packSavedImage } from './saved.ts';
import { runTool, type ToolWork } from './tool.ts';

const STEP = 'build image';

export interface BuiltImage {
  readonly builder: Builder;
  /** What the builder calls it: the digest of its configuration. */
  readonly id: string;
  /** Its name on this machine. */
  readonly localName: string;
}

/**
 * @param folder the service's context, where its commands ran
 * @throws JobFailure zero_artifacts (no Dockerfile) | build_error | resource_error
 */
export async function buildImage(work: ToolWork, spec: ImageSpec, folder: string): Promise<BuiltImage> {
  const { claimed, workspace, signal } = work;
  const { job } = claimed;
  const dockerfile = await findDockerfile(job, spec.dockerfile, folder, workspace);
  const { builder, version } = await findBuilder(workspace, signal);
  say(`    with ${builder.name}: ${version}`);
  if (builder.varies !== null) say(`    the digest may differ from build to build: ${builder.varies}`);
  const idFile = join(workspace.out, 'image-id');
  const archive = join(workspace.out, 'built-image.tar');
  const localName = `localhost/${job.service}:${tagOfJob(job.id)}`;
  const epoch = epochOf(claimed, spec);
  const began = performance.now();
  const kept = dateFiles(folder, Number(epoch));
  if (kept > 0) say(`    warning: ${kept} files of the context belong to another user and keep their times`);
  const steps = builder.build({
    folder,
    dockerfile,
    buildArgs: spec.build_args,
    platform: spec.platform,
    localName,
    idFile,
    archive,
    epoch,
    takesEpoch: /^[ \t]*ARG[ \t](.*[ \t])?SOURCE_DATE_EPOCH\b/im.test(await readFile(dockerfile, 'utf8')),
  });
  for (const step of steps) {
    const end = await runTool(work, builder, step);
    if (end.exitCode !== 0) throw new JobFailure(imageBuildFailure(end, builder));
  }
  await rm(archive, { force: true });
  const id = (await readFile(idFile, 'utf8')).trim();
  say(`    built in ${seconds(performance.now() - began)}: ${id}`);
  return { builder, id, localName };
}

/** The service's own, in `build_args` or `env`, or the source's. */
function epochOf({ job, source }: ToolWork['claimed'], { build_args }: ImageSpec): string {
  const specified = build_args.SOURCE_DATE_EPOCH ?? job.spec.env.SOURCE_DATE_EPOCH;
  return specified ?? String(source?.time_seconds ?? 0);
}

/** The image as a file among the artifacts: for services whose registry is `none`, and for forks, which may not push. */
export async function saveImage(work: ToolWork, image: BuiltImage): Promise<PackedArtifact> {
  const { job } = work.claimed;
  const saved = join(work.workspace.out, 'saved-image.tar');
  const end = await runTool(work, image.builder, image.builder.save(image.localName, saved));
  if (end.exitCode !== 0) throw new JobFailure({ ...commandFailure(end, 'image'), step: STEP });
  const file = join(work.workspace.out, 'image.tar');
  const { sha256, sizeBytes } = await packSavedImage(saved, file, { from: tagOfJob(job.id), to: 'latest' });
  if (sizeBytes > ARTIFACT_MAX_BYTES)
    throw new JobFailure({
      code: 'build_error',
      message: `The image of ${job.service} has ${inWords(sizeBytes)} as a file; 2 GiB are allowed.`,
      hint: 'Make the image smaller (stages, a smaller base), or push it to a registry: registry: native in staithe.yaml.',
      step: STEP,
    });
  const name = `${job.service}.image.tar`;
  say(`    ${name}: ${inWords(sizeBytes)}; docker load -i ${name} or podman load -i ${name} takes it`);
  return { file, name, sha256, size_bytes: sizeBytes, content_type: 'application/x-tar' };
}

/** The machine may be used again: it keeps layers for the next build, and no image. */
export async function removeImage(work: ToolWork, image: BuiltImage): Promise<void> {
  await runTool(work, image.builder, image.builder.remove(image.localName), { quiet: true });
}
