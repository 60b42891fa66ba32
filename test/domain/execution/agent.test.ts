import { beforeEach, describe, expect, test } from 'vitest';
import * as Job from '../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import * as Source from '../../../lib/domain/source/index.ts';
import {
  ADMIN,
  agentOf,
  plannedJob,
  refusal,
  sha256Of,
  uploadedArtifact,
  type World,
  world,
} from '../world.ts';

const AGENT = '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20';

const OTHER_AGENT = '7f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d21';

let place: World;

let runId: string;

let dispatch: Dispatch;

beforeEach(async () => {
  place = await world();
  const planned = await plannedJob(place);
  runId = planned.run.id;
  dispatch = planned.dispatch;
});

const claim = (claim_id = AGENT, ticket = dispatch.ticket) =>
  Job.claim(place.ports, dispatch.job_id, { ticket, claim_id });

const job = () => Job.get(place.ports, ADMIN, dispatch.job_id);

describe('claiming a job', () => {
  test('gives the job, a token of just this job, and the bytes of the source', async () => {
    const work = await claim();

    const source = await Source.get(place.ports, ADMIN, (await sourceOf()).id);
    expect(work.job).toMatchObject({ id: dispatch.job_id, status: 'building', attempt: 1 });
    expect(await place.ports.jobTokens.verify(work.token)).toEqual({
      kind: 'job',
      job_id: dispatch.job_id,
      run_id: runId,
      project_id: place.project.id,
      claim_id: AGENT,
    });
    expect(sha256Of(place.ports.blobs.fetch(work.source?.url ?? '').bytes ?? '')).toBe(source.sha256);
    expect(work.source).toMatchObject({ sha256: source.sha256, format: 'tar.gz', strip_components: 0 });
  });
  const sourceOf = async () => {
    const { source } = await job();
    const found = await Source.sourceOfUpload(place.ports, place.project.id, source?.sha256 ?? '');
    if (found === undefined) throw new Error('The source is unknown.');
    return found;
  };

  test('its token outlives the job by ten minutes and no longer', async () => {
    const { token } = await claim();

    place.ports.clock.advance((15 * 60 + 10 * 60) * 1000 - 1);
    const before = await place.ports.jobTokens.verify(token);
    place.ports.clock.advance(1);

    expect(before).toBeDefined();
    expect(await place.ports.jobTokens.verify(token)).toBeUndefined();
  });

  test('with a wrong ticket, or of a job that is not there, is refused alike', async () => {
    const wrong = claim(AGENT, 'tkt_wrong-wrong-wrong-wrong');
    const unknown = Job.claim(place.ports, 'job_00000000000000000000000000', {
      ticket: dispatch.ticket,
      claim_id: AGENT,
    });

    expect([await refusal(wrong), await refusal(unknown)]).toEqual(['ticket_refused', 'ticket_refused']);
    expect((await job()).status).toBe('pending');
  });

  test('again by the same agent, whose answer was lost, is answered again', async () => {
    const first = await claim();
    const second = await claim();

    expect(second.job).toEqual(first.job);
  });

  test('by a second agent with the same ticket is refused', async () => {
    await claim();

    expect(await refusal(claim(OTHER_AGENT))).toBe('ticket_refused');
  });

  test('by many agents at once is given to one', async () => {
    const agents = Array.from({ length: 8 }, (_, n) => claim(AGENT.replace('6f1d1b5e', `6f1d1b5${n}`)));

    const claims = await Promise.allSettled(agents);

    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('after the run was cancelled tells the agent so', async () => {
    await Run.cancel(place.ports, ADMIN, runId);

    expect(await refusal(claim())).toBe('wrong_state');
  });

  test('keeps the ticket only as a hash', async () => {
    await claim();

    expect(JSON.stringify(place.ports.table.all())).not.toContain(dispatch.ticket);
  });
});

describe('progress', () => {
  test('only grows, and names the stage', async () => {
    await claim();

    await Job.progress(place.ports, dispatch.job_id, { stage: 'packing', progress: 60 });
    const answer = await Job.progress(place.ports, dispatch.job_id, { stage: 'late news', progress: 20 });

    expect(answer).toEqual({ cancel: false });
    expect(await job()).toMatchObject({ stage: 'late news', progress: 60 });
  });

  test('of a job that is not there is an error', async () => {
    const report = Job.progress(place.ports, 'job_00000000000000000000000000', { stage: 'a', progress: 1 });

    expect(await refusal(report)).toBe('not_found');
  });
});

describe("the agent's last word", () => {
  const failed = { status: 'failed', error: { code: 'build_error', message: 'make failed' } } as const;

  test('may be repeated, and not taken back', async () => {
    const work = await claim();
    const artifact_ids = [await uploadedArtifact(place, work)];
    const say = (word: Parameters<typeof Job.result>[3]) =>
      Job.result(place.ports, agentOf(work), work.job.id, word);
    const first = await say({ status: 'completed', artifact_ids });
    place.ports.clock.advance(1000);

    const again = await say({ status: 'completed', artifact_ids });

    expect(again).toEqual(first);
    expect(await refusal(say(failed))).toBe('wrong_state');
    expect((await job()).status).toBe('completed');
  });

  test('of a failure names the job and its service', async () => {
    const work = await claim();

    const ended = await Job.result(place.ports, agentOf(work), work.job.id, failed);

    expect(ended).toMatchObject({
      status: 'failed',
      error: { ...failed.error, job_id: work.job.id, service: 'web' },
    });
  });
});
