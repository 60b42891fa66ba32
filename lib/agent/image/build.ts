/** A service's Dockerfile becomes an image on this machine, by whichever builder is there. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { tagOfJob } from '../../domain/image/schema.ts';
import { ARTIFACT_MAX_BYTES, type ImageSpec } from '../../domain/job/schema.ts';
import { inWords, type PackedArtifact } from '../artifacts.ts';
import { commandFailure, JobFailure } from '../failure.ts';
import { seconds } from '../machine.ts';
import { say } from '../output.ts';
import { imageBuildFailure } from './build-failure.ts';
import type { Builder } from './builder.ts';
import { findDockerfile } from './dockerfile.ts';
import { findBuilder } from './find-builder.ts';
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
  const idFile = join(workspace.out, 'image-id');
  const localName = `localhost/${job.service}:${tagOfJob(job.id)}`;
  const began = performance.now();
  const end = await runTool(
    work,
    builder,
    builder.build({
      folder,
      dockerfile,
      buildArgs: spec.build_args,
      platform: spec.platform,
      localName,
      idFile,
    }),
  );
  if (end.exitCode !== 0) throw new JobFailure(imageBuildFailure(end, builder));
  const id = (await readFile(idFile, 'utf8')).trim();
  say(`    built in ${seconds(performance.now() - began)}: ${id}`);
  return { builder, id, localName };
}

/** The image as a file among the artifacts: for services whose registry is `none`, and for forks, which may not push. */
export async function keepImage(work: ToolWork, image: BuiltImage): Promise<PackedArtifact> {
  const { job } = work.claimed;
  const file = join(work.workspace.out, 'image.tar');
  const end = await runTool(work, image.builder, image.builder.save(image.localName, file));
  if (end.exitCode !== 0) throw new JobFailure({ ...commandFailure(end, 'image'), step: STEP });
  const { size } = await stat(file);
  if (size > ARTIFACT_MAX_BYTES)
    throw new JobFailure({
      code: 'build_error',
      message: `The image of ${job.service} has ${inWords(size)} as a file; 2 GiB are allowed.`,
      hint: 'Make it smaller (stages, a smaller base), or give the project a registry: registry: native in staithe.yaml.',
      step: STEP,
    });
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal: work.signal });
  const name = `${job.service}.image.tar`;
  say(`    ${name}: ${inWords(size)}; docker load -i ${name} or podman load -i ${name} takes it`);
  return { file, name, sha256: hash.digest('hex'), size_bytes: size, content_type: 'application/x-tar' };
}

/** The machine may be used again: it keeps layers for the next build, and no image. */
export async function forgetImage(work: ToolWork, image: BuiltImage): Promise<void> {
  await runTool(work, image.builder, image.builder.remove(image.localName), { quiet: true });
}
