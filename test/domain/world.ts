/** A world in memory with a project in it, and the ways in which tests move it on. */
import { createHash, randomUUID } from 'node:crypto';
import type { TokenActor } from '../../lib/domain/access/actor.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../lib/domain/execution/attempt/task.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import { executionOf } from '../../lib/domain/execution/model/execution.ts';
import type { ClaimedJob } from '../../lib/domain/execution/model/job.ts';
import { runs } from '../../lib/domain/execution/model/run-record.ts';
import { plan } from '../../lib/domain/execution/plan/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import type { Project as ProjectValue } from '../../lib/domain/project/schema.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import { BlobKeys, Keys } from '../../lib/domain/storage/keys.ts';
import { type MemoryPorts, memoryPorts } from '../memory/index.ts';

export const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
export const ADMIN: TokenActor = { kind: 'token', token_id: `tok_${ULID}`, role: 'admin' };
/** A token of another project than any that exists. */
export const STRANGER: TokenActor = { ...ADMIN, project_id: `prj_${ULID}` };

/** Puts ADMIN's token into the table, for what asks whether it was revoked; it is on no list, and nobody has its secret. */
export async function knownAdmin({ table }: Pick<MemoryPorts, 'table'>): Promise<void> {
  const token = {
    id: ADMIN.token_id,
    name: 'admin',
    role: ADMIN.role,
    created_at: '2026-11-21T09:30:00.000Z',
    created_by: 'operator',
    secret_hash: 'of nothing',
  };
  const put = { ...token, ...Keys.token(token.id), entity: 'token', revision: 1 };
  await table.write({ put, when: { any: true } });
}

export const ONE_SERVICE = 'services:\n  web:\n    commands: [make]\n';
export const TWO_SERVICES = 'services:\n  web: {}\n  api:\n    timeout: 5m\n';

export const sha256Of = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export interface World {
  readonly ports: MemoryPorts;
  readonly project: ProjectValue;
}

export async function world(overrides: Partial<MemoryPorts> = {}): Promise<World> {
  const ports = memoryPorts(overrides);
  const project = await Project.create(ports, ADMIN, { slug: 'hello', repository: 'acme/hello' });
  return { ports, project };
}

/** Announces and uploads a source whose tree has these files. @returns its id */
export async function uploadedSource(
  { ports, project }: World,
  files: Record<string, string> | undefined = { 'staithe.yaml': ONE_SERVICE },
): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(files ?? 'no archive'));
  const sha256 = sha256Of(bytes);
  const source = await Source.create(ports, ADMIN, project, {
    sha256,
    size_bytes: bytes.length,
    format: 'tar.gz',
  });
  ports.trees.plant(BlobKeys.source(project.id, sha256), files);
  if (source.upload !== null) {
    const status = ports.blobs.put(source.upload.url, source.upload.headers, bytes);
    if (status !== 200) throw new Error(`The upload was answered with ${status}.`);
  }
  return source.id;
}

export async function startedBuild(
  place: World,
  manifest: string | null = ONE_SERVICE,
  input: Partial<CreateBuild> = {},
) {
  const source_id = await uploadedSource(place, manifest === null ? {} : { 'staithe.yaml': manifest });
  const build = await Build.create(
    place.ports,
    ADMIN,
    place.project,
    // Tests that build the same tree twice mean to build it twice; those of reuse say so.
    CreateBuild.parse({ source_id, force_rebuild: true, ...input }),
  );
  if (build.latest_run === null) throw new Error('The build has no run.');
  return { build, run: build.latest_run };
}

/** What the workflow of a run was started with: no jobs when the run has ended, as it failed or has earlier artifacts. */
export async function planRun(
  { ports }: Pick<World, 'ports'>,
  runId: string,
): Promise<{ readonly jobs: Dispatch[]; readonly max_parallel: number }> {
  await plan(ports, runId);
  const run = (await runs.get(ports.table, Keys.run(runId)))?.value;
  const started = run && ports.workflows.find('build', executionOf(run))?.input;
  const { jobs = [], max_parallel = 0 } = (started ?? {}) as { jobs?: Dispatch[]; max_parallel?: number };
  return { jobs, max_parallel };
}

/** A run that is planned, and its first job. */
export async function plannedJob(place: World, manifest?: string, input?: Partial<CreateBuild>) {
  const { run } = await startedBuild(place, manifest, input);
  const [dispatch] = (await planRun(place, run.id)).jobs;
  if (dispatch === undefined) throw new Error('The run has no job.');
  return { run, dispatch };
}

export function claimed({ ports }: World, dispatch: Dispatch, more: { log_stream?: string } = {}) {
  return Job.claim(ports, dispatch.job_id, {
    ticket: dispatch.ticket,
    claim_id: randomUUID(),
    ...more,
  });
}

/** The agent of one attempt, by its token. */
export async function holderOf({ ports }: Pick<World, 'ports'>, { token }: Pick<ClaimedJob, 'token'>) {
  const actor = await ports.jobTokens.verify(token);
  if (actor === undefined) throw new Error('The token of a claim is no good.');
  return actor;
}

export const agentOf = ({ job }: Pick<ClaimedJob, 'job'>) =>
  ({ kind: 'job', job_id: job.id, run_id: job.run_id, project_id: job.project_id }) as const;

/** What an agent does to leave an artifact: announce, upload. @returns its id */
export async function uploadedArtifact(
  { ports }: World,
  work: Pick<ClaimedJob, 'job'>,
  text = `the artifact of ${work.job.service}`,
  name = `${work.job.service}.zip`,
  contentType = 'application/zip',
): Promise<string> {
  const announced = await Job.createUpload(ports, agentOf(work), work.job.id, {
    name,
    sha256: sha256Of(text),
    size_bytes: Buffer.byteLength(text),
    content_type: contentType,
  });
  if (announced.upload !== null) {
    const status = ports.blobs.put(announced.upload.url, announced.upload.headers, Buffer.from(text));
    if (status !== 200) throw new Error(`The upload was answered with ${status}.`);
  }
  return announced.artifact_id;
}

/** The whole way of one job. */
export async function builtJob(place: World, dispatch: Dispatch, text?: string): Promise<void> {
  const work = await claimed(place, dispatch);
  const artifact = await uploadedArtifact(place, work, text);
  await Job.result(place.ports, agentOf(work), work.job.id, {
    status: 'completed',
    artifact_ids: [artifact],
  });
}

/** A build that has completed: its artifacts' bytes name `text`, so that builds may differ. */
/** What a registry of the project's own is opened with, when the manifest names no other secrets. */
export async function withRegistrySecrets(place: World, ...more: readonly string[]): Promise<void> {
  for (const name of ['REGISTRY_USERNAME', 'REGISTRY_PASSWORD', ...more])
    await Secret.put(place.ports, ADMIN, place.project, name, { value: 'one' });
}

export async function completedBuild(
  place: World,
  manifest = ONE_SERVICE,
  text = 'built',
  input: Partial<CreateBuild> = {},
) {
  const { build, run } = await startedBuild(place, manifest, input);
  const { jobs } = await planRun(place, run.id);
  for (const [index, dispatch] of jobs.entries()) await builtJob(place, dispatch, `${text} ${index}`);
  await finish(place.ports, run.id);
  return { build, run };
}

/** The code that a verb refuses with. */
export async function refusal(call: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
  throw new Error('The call was expected to be refused and was not.');
}
