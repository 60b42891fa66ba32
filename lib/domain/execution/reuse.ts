/**
 * Reuse: a build of what was built before takes the earlier artifacts at once. What was built is told by content: the
 * tree's files, the manifest, the services, and whatever of the request reaches the commands.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { artifacts } from '../artifact/record.ts';
import type { Artifact } from '../artifact/schema.ts';
import { Id } from '../id.ts';
import { inOrder } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import { collection } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { Timestamp } from '../values.ts';
import { branchOf } from './model/branch.ts';
import type { Build } from './model/build.ts';
import type { Run } from './model/run.ts';

const ReuseRecord = z.object({
  project_id: Id.project,
  identity: z.string(),
  run_id: Id.run,
  artifact_ids: z.array(Id.artifact),
  /** The branch that it holds for, when the manifest gives some secrets to some branches only. */
  only_branch: z.string().optional(),
  /** When it was made; items of an older version do not say. */
  remembered_at: Timestamp.optional(),
});

/**
 * 90 days, as long as the log is kept that shows how it was made. An end also keeps what nobody builds any more from
 * staying for ever: each tree that was ever built has an identity of its own.
 */
const RETENTION_SECONDS = 90 * 24 * 3600;

const reuseRecords = collection({
  kind: 'reuse',
  schema: ReuseRecord,
  key: ({ project_id, identity, only_branch }) => Keys.reuse(project_id, identity, only_branch),
  ttl: ({ remembered_at: at }) =>
    at === undefined ? undefined : Math.floor(Date.parse(at) / 1000) + RETENTION_SECONDS,
});

/** What was read of a source: its tree's digest, and the hash of the manifest that holds for it. */
export interface SourceContent {
  readonly treeDigest: string;
  readonly manifestHash: string;
}

/** Two builds of the same identity make the same artifacts. The trust counts: nothing of a fork's is taken for one's own. */
export function identityOf(build: Build, { treeDigest, manifestHash }: SourceContent): string {
  const identity = [
    treeDigest,
    manifestHash,
    build.services ?? null,
    inOrder(build.matrix ?? {}),
    inOrder(build.inputs),
    build.features,
    build.trust,
  ];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** An earlier run whose artifacts are those of this build, all of them still there. */
export async function find(
  ports: Pick<Ports, 'table'>,
  build: Build,
  known: SourceContent,
): Promise<{ runId: string; artifactIds: string[]; artifacts: Artifact[] } | undefined> {
  const identity = identityOf(build, known);
  const branch = branchOf(build.git_ref) ?? '';
  // Whether its manifest is bound to branches may not be known here: what is kept for one of the keys tells.
  const made = await reuseRecords.getMany(ports.table, [
    Keys.reuse(build.project_id, identity),
    Keys.reuse(build.project_id, identity, branch),
  ]);
  // An older version kept what holds for one branch under the key of all.
  const found = made.find(({ only_branch: only }) => only === undefined || only === branch);
  if (found === undefined) return undefined;
  const { run_id, artifact_ids } = found;
  const present = await artifacts.getMany(ports.table, artifact_ids.map(Keys.artifact));
  const isComplete = present.filter(({ status }) => status === 'stored').length === artifact_ids.length;
  return isComplete && artifact_ids.length > 0
    ? { runId: run_id, artifactIds: artifact_ids, artifacts: present }
    : undefined;
}

/** Remembers what a completed run made. The newest counts: the older may lie further from what building again makes. */
export async function recordReusable(ports: Pick<Ports, 'table' | 'clock'>, run: Run): Promise<void> {
  if (run.identity === undefined) return;
  const value = {
    project_id: run.project_id,
    identity: run.identity,
    run_id: run.id,
    artifact_ids: run.artifact_ids,
    only_branch: run.only_branch,
    remembered_at: ports.clock.now().toISOString(),
  };
  await ports.table.write({ ...reuseRecords.creation(value), when: { any: true } });
}
