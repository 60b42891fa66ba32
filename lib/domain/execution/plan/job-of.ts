/** The job that builds one cell of a run. */
import { createHash } from 'node:crypto';
import { hashOfSecret } from '../../access/secret.ts';
import { derivedId } from '../../id.ts';
import type { Machine } from '../../machine.ts';
import type { Registry } from '../../manifest/schema.ts';
import { type MatrixCell, suffixOf } from '../../matrix.ts';
import type { ComputePlanner } from '../../ports/compute.ts';
import type { Source } from '../../source/schema.ts';
import { sourceTime } from '../../source/time.ts';
import { BlobKeys } from '../../storage/keys.ts';
import { toolchainsOf } from '../../toolchain/schema.ts';
import { branchOf } from '../model/branch.ts';
import type { Build } from '../model/build.ts';
import type { ImageSpec, JobSpec } from '../model/job.ts';
import type { JobRecord } from '../model/job-record.ts';
import { manifestFailure } from '../model/plan-failure.ts';
import type { Run } from '../model/run.ts';
import type { Cell } from './expand.ts';

interface Context {
  readonly run: Run;
  readonly build: Build;
  readonly source: Source;
  readonly treeDigest: string;
  readonly registry: Registry;
  readonly compute: ComputePlanner;
  readonly now: Date;
}

/** The id follows from run and cell: a run that is planned twice has its jobs once. */
export function jobOf(
  cell: Cell,
  { run, build, source, treeDigest, registry, compute, now }: Context,
  ticket: string,
): JobRecord {
  const branch = branchOf(build.git_ref);
  return {
    id: derivedId('job', run.id, cell.name),
    run_id: run.id,
    build_id: run.build_id,
    project_id: run.project_id,
    service: cell.service,
    name: cell.name,
    matrix: cell.matrix,
    compute: machineOf(cell, compute),
    trust: build.trust,
    branch,
    status: 'pending',
    progress: 0,
    stage: 'queued',
    spec: specOf(cell, build, branch, registry),
    attempt: 1,
    lost_attempts: [],
    artifact_ids: [],
    created_at: now.toISOString(),
    ticket_hash: hashOfSecret(ticket),
    log_streams: [],
    ...(cell.spec.dockerfile !== undefined && { registry, image_name: cell.spec.image }),
    deadline_at: run.deadline_at,
    source: {
      key: BlobKeys.source(source.project_id, source.sha256),
      sha256: source.sha256,
      size_bytes: source.size_bytes,
      format: source.format,
      strip_components: source.strip_components,
      time_seconds: sourceTime(treeDigest),
    },
  };
}

/** @throws PlanFailure manifest_error when the installation has no machine for it */
function machineOf({ service, spec, matrix }: Cell, compute: ComputePlanner): Machine {
  const choice = compute.choose({
    requested: spec.resources.compute,
    architecture: spec.resources.architecture,
    needsImages: spec.dockerfile !== undefined,
    timeoutSeconds: spec.timeout,
    toolchains: toolchainsOf(spec.toolchain, matrix).map(({ name }) => name),
  });
  if ('machine' in choice) return choice.machine;
  const { message, hint } = choice.refused;
  throw manifestFailure(`services.${service}.resources.compute: ${message}`, hint);
}

function specOf(cell: Cell, build: Build, branch: string | undefined, registry: Registry): JobSpec {
  const { spec } = cell;
  const isImage = spec.dockerfile !== undefined;
  return {
    context: spec.context,
    commands: spec.commands,
    // A service that names no artifacts is its whole context: what a function without a build step is.
    artifacts: spec.artifacts ?? (isImage ? [] : [{ paths: ['**'], root: '.', format: 'zip' }]),
    env: { ...spec.env, ...environmentOf(cell, build) },
    timeout_seconds: spec.timeout,
    image: imageOf(cell, build, registry),
    secrets: secretsOf(cell, build, branch),
    caches: spec.cache,
    toolchains: toolchainsOf(spec.toolchain, cell.matrix),
  };
}

/**
 * What a build's request says reaches commands by name. Nothing is here that two builds of the same identity could
 * differ in (a commit's sha, an id): a reused artifact must be what building again would make.
 */
function environmentOf({ spec, service, matrix }: Cell, build: Build): Record<string, string> {
  const named = (prefix: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => [`STAITHE_${prefix}_${variable(name)}`, value]);
  const toolchains = toolchainsOf(spec.toolchain, matrix);
  return Object.fromEntries([
    ['STAITHE_SERVICE', service],
    ...named('INPUT', build.inputs),
    ...named('MATRIX', matrix),
    ...(build.features.length > 0 ? [['STAITHE_FEATURES', build.features.join(',')]] : []),
    ...build.features.map((feature) => [`STAITHE_FEATURE_${variable(feature)}`, '1']),
    ...(toolchains.length > 0
      ? [['STAITHE_TOOLCHAIN', toolchains.map(({ name, version }) => `${name}@${version}`).join(',')]]
      : []),
    ...named('TOOLCHAIN', Object.fromEntries(toolchains.map(({ name, version }) => [name, version]))),
  ]);
}

const variable = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** A fork's pull request gets none: whoever sent it could print them. */
function secretsOf({ spec }: Cell, build: Build, branch: string | undefined): string[] {
  if (build.trust === 'fork') return [];
  return spec.secrets
    .filter(({ branches }) => branches === undefined || (branch !== undefined && branches.includes(branch)))
    .map(({ name }) => name);
}

const PLATFORMS = { arm64: 'linux/arm64', x86_64: 'linux/amd64' } as const;

function imageOf(cell: Cell, build: Build, registry: Registry): ImageSpec | null {
  const { spec, matrix } = cell;
  if (spec.dockerfile === undefined) return null;
  return {
    dockerfile: spec.dockerfile,
    // Of a fork's pull request nothing is pushed to where others pull from.
    push: registry !== 'none' && build.trust !== 'fork',
    tags: tagsOf(build, matrix),
    build_args: spec.build_args,
    platform: spec.resources.architecture && PLATFORMS[spec.resources.architecture],
  };
}

/** `sha-<7>` of a commit, a tag's or an input's version, `local` when there is neither; each with its matrix cell. */
export function tagsOf(build: Build, matrix: MatrixCell): string[] {
  const version = versionTagOf(build, matrix);
  const commit = build.git_sha && `sha-${build.git_sha.slice(0, 7)}`;
  if (version === undefined) return [tagged((commit ?? 'local') + suffixOf(matrix))];
  return [version, ...(commit === undefined ? [] : [tagged(commit + suffixOf(matrix))])];
}

/** The tag of the version that somebody has asked for: by a git tag, else by the input `version`. */
export function versionTagOf(build: Build, matrix: MatrixCell): string | undefined {
  const version = build.git_ref?.startsWith('refs/tags/')
    ? build.git_ref.slice('refs/tags/'.length)
    : build.inputs.version || undefined;
  return version === undefined ? undefined : tagged(version + suffixOf(matrix));
}

/** A tag has 128 characters of a small set (OCI distribution-spec, "Pulling manifests"); a longer one ends in its hash. */
function tagged(text: string): string {
  const tag = text.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[.-]/, '_');
  if (tag.length <= 128) return tag;
  return `${tag.slice(0, 115)}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
