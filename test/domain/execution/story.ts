/** The commands of a history: what users, workflows, agents and sweeps do, in whatever order. */

import fc from 'fast-check';
import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../lib/domain/execution/attempt/failed-attempt.ts';
import { markLost } from '../../../lib/domain/execution/attempt/hand-over.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import { fail, finish } from '../../../lib/domain/execution/end/index.ts';
import type { ClaimedJob, LossReason } from '../../../lib/domain/execution/model/job.ts';
import { jobs as jobRecords } from '../../../lib/domain/execution/model/job-record.ts';
import { startNextWorkflow } from '../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { ADMIN, holderOf, planRun, sha256Of, ULID, type World } from '../world.ts';
import { caught } from './caught.ts';
import type { ObservedTable } from './observed.ts';

/** What the commands of one history share. */
export interface Story extends World {
  readonly table: ObservedTable;
  readonly source: string;
  build: Awaited<ReturnType<typeof Build.create>> | undefined;
  readonly runs: string[];
  readonly dispatches: Dispatch[];
  readonly works: ClaimedJob[];
  readonly uploaded: string[];
}

type Command = (story: Story) => Promise<unknown>;

const AGENTS = ['6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20', '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d21'];

const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)];

const on =
  <T>(
    from: (story: Story) => readonly T[],
    at: number,
    act: (story: Story, one: T) => Promise<unknown>,
  ): Command =>
  async (story) => {
    const one = pick(from(story), at);
    if (one !== undefined) await act(story, one);
  };

export const create: Command = async (story) => {
  const input = CreateBuild.parse({ source_id: story.source });
  story.build = await Build.create(story.ports, ADMIN, story.project, input, ULID);
  const id = story.build.latest_run?.id;
  if (id !== undefined && !story.runs.includes(id)) story.runs.push(id);
};

const again: Command = async (story) => {
  if (story.build === undefined || story.runs.length > 2) return;
  story.runs.push((await Run.rerun(story.ports, ADMIN, story.build)).id);
};

const plans = (story: Story, id: string) =>
  planRun(story, id).then(({ jobs }) => story.dispatches.push(...jobs));

const claimed =
  (agent: number, good: boolean) =>
  async (story: Story, { job_id, ticket }: Dispatch) => {
    const input = {
      ticket: good ? ticket : 'tkt_of-somebody-else-altogether',
      claim_id: AGENTS[agent] ?? '',
    };
    story.works.push(await Job.claim(story.ports, job_id, input));
  };

const uploads = (bytes: boolean) => async (story: Story, work: ClaimedJob) => {
  const text = `bytes of ${work.job.id}`;
  const { artifact_id, upload } = await Job.createUpload(
    story.ports,
    await holderOf(story, work),
    work.job.id,
    {
      name: 'a.zip',
      sha256: sha256Of(text),
      size_bytes: text.length,
      content_type: 'application/zip',
    },
  );
  if (bytes && upload) story.ports.blobs.put(upload.url, upload.headers, Buffer.from(text));
  story.uploaded.push(artifact_id);
};

const reports = (success: boolean, artifact: number) => async (story: Story, work: ClaimedJob) => {
  const id = pick(story.uploaded, artifact);
  const error = { code: 'build_error', message: 'make failed' } as const;
  if (!success)
    return Job.result(story.ports, await holderOf(story, work), work.job.id, { status: 'failed', error });
  if (id === undefined) return undefined;
  return Job.result(story.ports, await holderOf(story, work), work.job.id, {
    status: 'completed',
    artifact_ids: [id],
  });
};

/** What a good agent does, all of it. */
const builds = async (story: Story, dispatch: Dispatch) => {
  await claimed(0, true)(story, dispatch);
  const work = story.works.at(-1);
  if (work === undefined) return;
  await uploads(true)(story, work);
  await reports(true, story.uploaded.length - 1)(story, work);
};

const settles =
  (status: string) =>
  (story: Story, { job_id, attempt, fail_fast }: Dispatch) =>
    handleFailedAttempt(story.ports, job_id, caught(status), { attempt, failFast: fail_fast }).then(
      (settled) => settled.retry && story.dispatches.push(settled.dispatch),
    );

/** The sweep finds that the agent, or its machine, is gone. */
const losesOf =
  (reason: LossReason) =>
  async (story: Story, { job_id }: Dispatch) => {
    const job = (await jobRecords.get(story.table, Keys.job(job_id)))?.value;
    if (job !== undefined) await markLost(story.ports, job, { reason });
  };

const follows = async (story: Story, id: string) => {
  await startNextWorkflow(story.ports, await Run.get(story.ports, ADMIN, id), 'died');
  await plans(story, id);
};

const progresses = (progress: number) => (story: Story, work: ClaimedJob) =>
  Job.progress(story.ports, work.job.id, { stage: 'at work', progress });

const died = ({ ports }: Story, id: string) =>
  fail(ports, id, { code: 'internal_error', message: 'The workflow died.' });

const worksOf = ({ works }: Story) => works;

export const at = fc.nat({ max: 5 });

const weighted = (weight: number, arbitrary: fc.Arbitrary<Command>) => ({ weight, arbitrary });

/** Ends are rare, so that there is something to end. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  weighted(1, fc.constantFrom(create, again)),
  weighted(
    4,
    at.map((n) => on(({ runs }) => runs, n, plans)),
  ),
  weighted(
    1,
    at.map((n) =>
      on(
        ({ runs }) => runs,
        n,
        ({ ports }, id) => Run.cancel(ports, ADMIN, id),
      ),
    ),
  ),
  weighted(
    1,
    at.map((n) =>
      on(
        ({ runs }) => runs,
        n,
        ({ ports }, id) => finish(ports, id),
      ),
    ),
  ),
  weighted(
    1,
    at.map((n) => on(({ runs }) => runs, n, died)),
  ),
  weighted(
    8,
    at.map((n) => on(({ dispatches }) => dispatches, n, builds)),
  ),
  weighted(
    3,
    fc
      .tuple(at, fc.nat({ max: 1 }), fc.boolean())
      .map(([n, agent, good]) => on(({ dispatches }) => dispatches, n, claimed(agent, good))),
  ),
  weighted(
    2,
    fc
      .tuple(at, fc.constantFrom('FAULT', 'FAULT', 'FAILED', 'TIMED_OUT', 'STOPPED'))
      .map(([n, status]) => on(({ dispatches }) => dispatches, n, settles(status))),
  ),
  weighted(
    1,
    fc
      .tuple(at, fc.constantFrom('agent_silent', 'machine_lost'))
      .map(([n, reason]) => on(({ dispatches }) => dispatches, n, losesOf(reason))),
  ),
  weighted(
    1,
    at.map((n) => on(({ runs }) => runs, n, follows)),
  ),
  weighted(
    2,
    fc.tuple(at, fc.nat({ max: 99 })).map(([n, progress]) => on(worksOf, n, progresses(progress))),
  ),
  weighted(
    3,
    fc.tuple(at, fc.boolean()).map(([n, bytes]) => on(worksOf, n, uploads(bytes))),
  ),
  weighted(
    3,
    fc
      .tuple(at, fc.integer({ max: 3, min: 0 }), at)
      .map(([n, failure, artifact]) => on(worksOf, n, reports(failure > 0, artifact))),
  ),
);
