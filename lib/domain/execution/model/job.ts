import * as z from 'zod';
import { Id } from '../../id.ts';
import { Machine } from '../../machine.ts';
import { ArtifactSpec, CacheSpec } from '../../manifest/spec.ts';
import { FileName, line } from '../../text.ts';
import { JobToolchain } from '../../toolchain/schema.ts';
import { PresignedUpload, SourceFormat } from '../../upload.ts';
import { Digest, MatrixValues, Name, Sha256, Timestamp } from '../../values.ts';
import { Inputs } from './inputs.ts';
import { ReleaseFile } from './release-file.ts';
import { Failure, RunStatus } from './run.ts';
import { Trust } from './trust.ts';

/** 2 GiB: twice what Lambda, S3 consoles and package registries take as one file, and still one presigned PUT (S3: 5 GiB). */
export const ARTIFACT_MAX_BYTES = 2 * 1024 ** 3;

/** What the commands of a deployment's job leave for others: as many and as long as a build's inputs. */
export const Outputs = Inputs;
export type Outputs = z.infer<typeof Outputs>;

/** An image to build, and what to call it. */
export const ImageSpec = z.object({
  /** Below the context. */
  dockerfile: z.string(),
  /** false keeps the image as an OCI archive among the artifacts instead of pushing it. */
  push: z.boolean(),
  tags: z.array(z.string()).min(1),
  build_args: z.record(z.string(), z.string()),
  /** Absent: the machine's own. */
  platform: z.enum(['linux/arm64', 'linux/amd64']).optional(),
});
export type ImageSpec = z.infer<typeof ImageSpec>;

/** What a job begins with: an archive, or, of a deployment's job, any file. */
export const InputFormat = z.enum([...SourceFormat.options, 'file']);

/** What the agent runs for one service. */
export const JobSpec = z.object({
  context: z.string(),
  commands: z.array(z.string()),
  artifacts: z.array(ArtifactSpec),
  env: z.record(z.string(), z.string()),
  timeout_seconds: z.int().positive(),
  /** Whose time that is, once the job has begun: `run` when less was left of the run's than the service may take. */
  timeout_of: z.enum(['service', 'run']).optional(),
  /** What makes the service a container image; null when it leaves files. */
  image: ImageSpec.nullable().default(null),
  /** Names of secrets that commands get. */
  secrets: z.array(z.string()).default([]),
  caches: z.array(CacheSpec).default([]),
  /** Language runtimes that the commands must find, by name. */
  toolchains: z.array(JobToolchain).default([]),
});
export type JobSpec = z.infer<typeof JobSpec>;

/** How the agent or machine of an attempt can be gone. */
export const LossReason = z.enum([
  'agent_ended',
  'agent_silent',
  'machine_lost',
  'agent_not_begun',
  'workflow_ended',
]);
export type LossReason = z.infer<typeof LossReason>;

/** An attempt that ended without a result, and not by anything that the job did. */
export const LostAttempt = z.object({
  attempt: z.int().positive(),
  reason: LossReason,
  /** The backend's message. */
  detail: z.string().optional(),
  /** The former name of `detail`; removed with the next version. */
  said: z.string().optional().meta({ deprecated: true }),
  /** What the job was at. */
  stage: z.string(),
  at: Timestamp,
});
export type LostAttempt = z.infer<typeof LostAttempt>;

export const LOSS_IN_WORDS: Readonly<Record<LossReason, string>> = {
  agent_ended: 'the build agent ended without a result',
  agent_silent: 'the build agent fell silent',
  machine_lost: 'the build machine was lost',
  agent_not_begun: 'the build failed before its agent began',
  workflow_ended: 'the workflow of the run died',
};

/** `attempt 2 at 'command 1 of 3': the build machine was lost` */
export const lossInWords = ({ attempt, stage, reason, said, detail = said }: LostAttempt): string =>
  `attempt ${attempt} at '${stage}': ${LOSS_IN_WORDS[reason]}${detail === undefined ? '' : ` (${detail})`}`;

/** The part of a run that builds one service. */
export const Job = z.object({
  id: Id.job,
  run_id: Id.run,
  /** Absent of a deployment's job. */
  build_id: Id.build.optional(),
  /** The deployment that it deploys or tests. */
  deployment_id: Id.deployment.optional(),
  project_id: Id.project,
  service: Name,
  /** The service, and its cell of the matrix: `api (erlang=25)`. */
  name: z.string(),
  matrix: MatrixValues.default({}),
  compute: Machine.optional(),
  trust: Trust.default('own'),
  /** The branch that is built, without `refs/heads/`; absent for tags and plain uploads. */
  branch: z.string().optional(),
  status: RunStatus,
  progress: z.int().min(0).max(100),
  stage: z.string(),
  spec: JobSpec,
  /** How often the job was handed to a backend. */
  attempt: z.int().positive(),
  /** Attempts that ended without a result, as their agent or machine was gone; oldest first. */
  lost_attempts: z.array(LostAttempt).default([]),
  artifact_ids: z.array(Id.artifact),
  /** What a deployment's job has told with its success. */
  outputs: Outputs.optional(),
  error: Failure.optional(),
  created_at: Timestamp,
  started_at: Timestamp.optional(),
  completed_at: Timestamp.optional(),
});
export type Job = z.infer<typeof Job>;

/**
 * The agent's first call: it trades the single-use ticket of its environment for the job and a job token. The same
 * `claim_id` may claim again (a lost answer); another may not. So a ticket read later from a history is worth nothing.
 */
export const ClaimJob = z.strictObject({
  ticket: line(200)
    .min(20)
    .meta({ examples: ['tkt_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'] }),
  claim_id: z.uuid('must be a UUID'),
  /** Where the backend writes the agent's output: a log stream's name. */
  log_stream: line(512).optional(),
});
export type ClaimJob = z.infer<typeof ClaimJob>;

export const ClaimedJob = z.object({
  token: z.string(),
  job: Job,
  source: z
    .object({
      url: z.url(),
      sha256: Sha256,
      size_bytes: z.int().positive(),
      format: InputFormat,
      /** Of a release's artifact: what the file is called. */
      name: z.string().optional(),
      strip_components: z.int().min(0).max(1),
      /** What its files are dated, in seconds since 1970: the same for the same content. */
      time_seconds: z.int(),
    })
    // Of a deployment's job whose artifact is an image.
    .optional(),
  /** Of a deployment's job: what it deploys, for the file that STAITHE_RELEASE names. */
  release: ReleaseFile.optional(),
});
export type ClaimedJob = z.infer<typeof ClaimedJob>;

/** What the agent says while it works. The answer tells it to stop when the run was cancelled. */
export const ReportProgress = z.strictObject({
  stage: line(200).meta({ examples: ['command 1 of 2'] }),
  progress: z.int().min(0).max(99),
});
export type ReportProgress = z.infer<typeof ReportProgress>;
export const ProgressAnswer = z.object({ cancel: z.boolean() });

/** An artifact that the agent has packed and wants to upload. */
export const CreateJobUpload = z.strictObject({
  name: FileName,
  sha256: Sha256,
  size_bytes: z
    .int()
    .min(0)
    .max(ARTIFACT_MAX_BYTES)
    .meta({ examples: [2048] }),
  content_type: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type without parameters')
    .max(127)
    .meta({ examples: ['application/zip'] }),
});
export type CreateJobUpload = z.infer<typeof CreateJobUpload>;

/** `upload` is null when the project has the same bytes already. */
export const JobUpload = z.object({
  artifact_id: Id.artifact,
  digest: Digest,
  upload: PresignedUpload.nullable(),
});
export type JobUpload = z.infer<typeof JobUpload>;

/** The agent's last word. A repeat of the same word is no error. */
export const ReportResult = z.discriminatedUnion('status', [
  z
    .strictObject({
      status: z.literal('completed'),
      artifact_ids: z.array(Id.artifact).max(40),
      /** Of a deployment's job, which makes no artifacts. */
      outputs: Outputs.optional(),
    })
    .refine(({ artifact_ids: ids, outputs }) => ids.length > 0 || outputs !== undefined, {
      path: ['artifact_ids'],
      message: 'must name an artifact',
    }),
  z.strictObject({
    status: z.literal('failed'),
    error: Failure.omit({ job_id: true, service: true, job: true }),
  }),
]);
export type ReportResult = z.infer<typeof ReportResult>;
