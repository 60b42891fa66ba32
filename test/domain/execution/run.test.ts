import { beforeEach, describe, expect, test } from 'vitest';
import * as Artifact from '../../../lib/domain/artifact/index.ts';
import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../lib/domain/execution/attempt/failed-attempt.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import { sourceArrived } from '../../../lib/domain/execution/begin.ts';
import { fail, finish } from '../../../lib/domain/execution/end/index.ts';
import { plan } from '../../../lib/domain/execution/plan/index.ts';
import { withProgress } from '../../../lib/domain/execution/progress.ts';
import { startNextWorkflow } from '../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import * as Log from '../../../lib/domain/log/index.ts';
import { parse } from '../../../lib/domain/manifest/index.ts';
import { WorkflowBusy, WorkflowRefused } from '../../../lib/domain/ports/workflows.ts';
import { sources } from '../../../lib/domain/source/record.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { sweep } from '../../../lib/domain/sweep/index.ts';
import {
  ADMIN,
  agentOf,
  builtJob,
  claimed,
  completedBuild,
  ONE_SERVICE,
  planRun,
  refusal,
  startedBuild,
  TWO_SERVICES,
  ULID,
  uploadedArtifact,
  uploadedSource,
  type World,
  world,
} from '../world.ts';
import { builtJobAlone } from './swept.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const run = (id: string) => Run.get(place.ports, ADMIN, id);
const jobs = async (id: string) => Run.jobsOf(place.ports, await run(id));
const fault = {
  error: 'States.TaskFailed',
  cause: JSON.stringify({ Build: { BuildStatus: 'FAULT' } }),
};

/** The event of a source's bytes. */
async function arrived(sourceId: string): Promise<void> {
  const source = (await sources.get(place.ports.table, Keys.source(sourceId)))?.value;
  if (source === undefined) throw new Error('There is no such source.');
  await sourceArrived(place.ports, source);
}

describe('creating a build', () => {
  test('of a source whose survey is under way records it, and is found with its run', async () => {
    const { build, run } = await startedBuild(place);

    expect(run).toMatchObject({ status: 'pending', build_id: build.id, job_ids: [] });
    expect(place.ports.workflows.executions).toEqual([]);
    expect(await Build.show(place.ports, ADMIN, build.id)).toEqual({
      ...build,
      latest_run_id: run.id,
      latest_run: run,
    });
  });

  test('of a source whose survey is under way is planned and started by the survey, once', async () => {
    const { build, run: recorded } = await startedBuild(place, TWO_SERVICES);

    await arrived(build.source_id);
    await arrived(build.source_id);

    expect(await run(recorded.id)).toMatchObject({ status: 'building', job_ids: { length: 2 } });
    expect(place.ports.workflows.executions).toHaveLength(1);
    expect(place.ports.workflows.find('build', recorded.id)?.input).toMatchObject({
      run_id: recorded.id,
      jobs: [{ attempt: 1 }, { attempt: 1 }],
    });
  });

  test('of a surveyed source is planned and started at once, and reads no archive', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    const trees = {
      survey: async () => {
        throw new Error('The archive was read once more.');
      },
    };

    const { latest_run } = await Build.create(
      { ...place.ports, trees },
      ADMIN,
      place.project,
      CreateBuild.parse({ source_id }),
    );

    expect(latest_run).toMatchObject({ status: 'building', stage: 'starting', job_ids: { length: 1 } });
    const input = place.ports.workflows.find('build', latest_run?.id ?? '')?.input;
    expect(input).toMatchObject({ run_id: latest_run?.id, jobs: [{ job_id: latest_run?.job_ids[0] }] });
  });

  test('of a surveyed source that cannot be built has failed at once, with the reason', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    const input = CreateBuild.parse({ source_id, services: ['db'] });

    const { latest_run } = await Build.create(place.ports, ADMIN, place.project, input);

    expect(latest_run).toMatchObject({ status: 'failed', error: { code: 'manifest_error' } });
    expect(place.ports.workflows.executions).toEqual([]);
  });

  test('without a start starts nothing; it can be run later', async () => {
    const source_id = await uploadedSource(place);
    const input = CreateBuild.parse({ source_id, start: false });

    const build = await Build.create(place.ports, ADMIN, place.project, input);
    const before = [build.latest_run, place.ports.workflows.executions.length];
    const later = await Run.rerun(place.ports, ADMIN, build);

    expect(before).toEqual([null, 0]);
    expect((await Build.show(place.ports, ADMIN, build.id)).latest_run).toEqual(later);
    expect(await refusal(Run.cancelLatest(place.ports, ADMIN, build))).toBe('wrong_state');
  });

  test('again with the same seed is the same build and the same run', async () => {
    const source_id = await uploadedSource(place);
    const input = CreateBuild.parse({ source_id });
    await arrived(source_id);
    const create = () => Build.create(place.ports, ADMIN, place.project, input, ULID);
    const first = await create();
    const second = await create();

    expect(second).toEqual(first);
    expect((await Build.list(place.ports, [place.project], { limit: 10 })).items).toHaveLength(1);
    expect(place.ports.workflows.executions).toHaveLength(1);
  });

  test('again with the same seed tells how the run stands by now, and does not start what has ended', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    const create = () =>
      Build.create(place.ports, ADMIN, place.project, CreateBuild.parse({ source_id }), ULID);
    place.ports.workflows.refusal = new WorkflowRefused('StateMachineDeleting: no');
    await expect(create()).rejects.toThrow('StateMachineDeleting');
    place.ports.workflows.refusal = undefined;

    const repeated = await create();

    expect(repeated.latest_run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect(place.ports.workflows.executions).toEqual([]);
  });

  test('is recorded though its workflow cannot be started for the moment: the sweep starts it', async () => {
    const source_id = await uploadedSource(place);
    await arrived(source_id);
    place.ports.workflows.refusal = new WorkflowBusy('ThrottlingException: Rate exceeded');

    const { latest_run } = await Build.create(
      place.ports,
      ADMIN,
      place.project,
      CreateBuild.parse({ source_id }),
    );
    place.ports.workflows.refusal = undefined;
    await sweep({
      ...place.ports,
      clock: { now: () => new Date(place.ports.clock.now().getTime() + 3_600_000) },
    });

    expect(latest_run).toMatchObject({ status: 'building' });
    expect(place.ports.workflows.executions).toHaveLength(1);
  });

  test('that a crash cut off between its two writes is a build without a run, not an error', async () => {
    const { build, run } = await startedBuild(place);
    await place.ports.table.write({ remove: { pk: `RUN#${run.id}`, sk: 'RUN' }, when: { any: true } });

    expect((await Build.show(place.ports, ADMIN, build.id)).latest_run).toBeNull();
    expect(await Build.runOf(place.ports, ADMIN, build.id)).toBeUndefined();
    expect(await refusal(Build.runOf(place.ports, ADMIN, build.id, run.id))).toBe('not_found');
  });

  test('whose services are named twice names them once, in order', async () => {
    const { build } = await startedBuild(place, TWO_SERVICES, { services: ['web', 'api', 'web'] });

    expect(build.services).toEqual(['api', 'web']);
  });

  test('runs of one build are listed newest first, and one of another build is not its own', async () => {
    const { build, run: first } = await startedBuild(place);
    const other = await startedBuild(place);
    const second = await Run.rerun(place.ports, ADMIN, build);

    const listed = await Run.list(place.ports, build, { limit: 10 });

    expect(listed.items.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(await refusal(Build.runOf(place.ports, ADMIN, build.id, other.run.id))).toBe('not_found');
  });
});

describe('planning a run', () => {
  test('makes a job for each service, with its own ticket and what the agent needs', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES, { inputs: { level: 'high' } });

    const made = await planRun(place, started.id);

    expect(new Set(made.jobs.map(({ ticket }) => ticket)).size).toBe(2);
    expect((await jobs(started.id)).map(({ service, spec }) => [service, spec.env])).toEqual([
      ['api', { STAITHE_SERVICE: 'api', STAITHE_INPUT_LEVEL: 'high' }],
      ['web', { STAITHE_SERVICE: 'web', STAITHE_INPUT_LEVEL: 'high' }],
    ]);
    expect(await run(started.id)).toMatchObject({
      status: 'building',
      manifest_hash: parse(TWO_SERVICES).hash,
    });
  });

  test.each<[string, string | null, Partial<CreateBuild>, string, RegExp]>([
    ['without a manifest', null, {}, 'manifest_error', /no staithe\.yaml/],
    ['with a broken manifest', 'services: [', {}, 'manifest_error', /^staithe\.yaml:1:/],
    [
      'with another manifest than named',
      ONE_SERVICE,
      { manifest_hash: `sha256:${'0'.repeat(64)}` },
      'manifest_error',
      /sha256:000.*sha256:/,
    ],
    [
      'with services that it does not have',
      ONE_SERVICE,
      { services: ['web', 'api', 'db'] },
      'manifest_error',
      /'api', 'db'; it has web/,
    ],
    [
      'with an image for a registry whose secrets the project lacks',
      'services: {web: {dockerfile: D}}\nregistry: {host: ghcr.io, auth: {token_secret: GHCR_TOKEN}}\n',
      {},
      'auth_error',
      /ghcr\.io, .* REGISTRY_USERNAME and GHCR_TOKEN, /,
    ],
    [
      'with a registry that needs one secret for both, which the project lacks',
      'services: {web: {dockerfile: D}}\nregistry: {host: ghcr.io, auth: {username_secret: GHCR, token_secret: GHCR}}\n',
      {},
      'auth_error',
      /ghcr\.io, which needs the secret GHCR, and/,
    ],
  ])('%s fails it with the reason and makes no job', async (_, manifest, input, code, message) => {
    const { run: started } = await startedBuild(place, manifest, input);

    const made = await planRun(place, started.id);

    expect(made.jobs).toEqual([]);
    expect(await run(started.id)).toMatchObject({
      status: 'failed',
      error: { code, message: expect.stringMatching(message), hint: expect.any(String) },
      completed_at: expect.any(String),
    });
  });

  test('of an archive with a single top folder fails it, and says how to pack what is in it', async () => {
    const source_id = await uploadedSource(place, { 'repo-1.0/staithe.yaml': ONE_SERVICE, 'repo-1.0/a': '' });
    const wrapped = await Build.create(place.ports, ADMIN, place.project, CreateBuild.parse({ source_id }));

    await planRun(place, wrapped.latest_run?.id ?? '');

    expect(await run(wrapped.latest_run?.id ?? '')).toMatchObject({
      status: 'failed',
      error: {
        code: 'manifest_error',
        hint: expect.stringContaining("tar -czf source.tar.gz -C 'repo-1.0' ."),
      },
    });
  });

  test('of bytes that are no archive fails it', async () => {
    const source_id = await uploadedSource(place, undefined);
    const bytes = await Build.create(place.ports, ADMIN, place.project, CreateBuild.parse({ source_id }));
    const trees = {
      survey: async () => {
        const { ArchiveUnreadable } = await import('../../../lib/domain/ports/index.ts');
        throw new ArchiveUnreadable('The bytes are no tar.gz.');
      },
    };

    await plan({ ...place.ports, trees }, bytes.latest_run?.id ?? '');

    expect((await run(bytes.latest_run?.id ?? '')).error).toMatchObject({ code: 'source_error' });
  });

  test('a failure with a very long reason can still be read', async () => {
    const wrong = Array.from({ length: 400 }, (_, n) => `    unknown-field-${n}: 1`).join('\n');
    const { run: started } = await startedBuild(place, `services:\n  web:\n${wrong}\n`);

    await planRun(place, started.id);

    const { error } = await run(started.id);
    expect(error?.message).toMatch(/^staithe\.yaml:/);
    expect(error?.message.length).toBeLessThanOrEqual(4000);
  });

  test('again changes nothing: the tickets that the workflow has stay good', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const first = await planRun(place, started.id);

    const second = await planRun(place, started.id);

    expect(second).toEqual(first);
    for (const dispatch of second.jobs) expect((await claimed(place, dispatch)).job.id).toBe(dispatch.job_id);
  });

  test('of a run that is taken up gives the same jobs new tickets, and the old ones are worth nothing', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const first = await planRun(place, started.id);

    await startNextWorkflow(place.ports, await run(started.id), 'died');

    const second = place.ports.workflows.find('build', `${started.id}-2`)?.input.jobs as Dispatch[];
    expect(second.map(({ job_id }) => job_id).sort()).toEqual(first.jobs.map(({ job_id }) => job_id).sort());
    for (const dispatch of first.jobs) expect(await refusal(claimed(place, dispatch))).toBe('ticket_refused');
    for (const dispatch of second) expect((await claimed(place, dispatch)).job.id).toBe(dispatch.job_id);
  });

  test('of a run that was cancelled makes no job', async () => {
    const { run: started } = await startedBuild(place);
    await Run.cancel(place.ports, ADMIN, started.id);

    expect(await planRun(place, started.id)).toMatchObject({ jobs: [] });
    expect((await run(started.id)).job_ids).toEqual([]);
  });

  test('of a run whose project is being deleted starts nothing, and is no error', async () => {
    const { build, run: started } = await startedBuild(place);
    await place.ports.table.write({ remove: Keys.source(build.source_id), when: { any: true } });

    expect(await planRun(place, started.id)).toMatchObject({ jobs: [] });
    expect(place.ports.workflows.executions).toEqual([]);
  });

  test('that fails for a reason of the platform leaves the run to be planned again', async () => {
    const { run: started } = await startedBuild(place);
    const trees = {
      survey: async () => {
        throw new Error('S3 is away');
      },
    };

    await expect(plan({ ...place.ports, trees }, started.id)).rejects.toThrow('S3 is away');
    expect((await planRun(place, started.id)).jobs).toHaveLength(1);
  });
});

describe('a backend that gave up', () => {
  const onePlanned = async (manifest = ONE_SERVICE) => {
    const { run: started } = await startedBuild(place, manifest);
    const [dispatch] = (await planRun(place, started.id)).jobs;
    if (dispatch === undefined) throw new Error('There is no job.');
    return { id: started.id, dispatch };
  };

  test('a lost machine is replaced twice, each time with a new ticket, and then the job fails', async () => {
    const { id, dispatch } = await onePlanned();

    const first = await handleFailedAttempt(place.ports, dispatch.job_id, fault);
    const second = await handleFailedAttempt(place.ports, dispatch.job_id, fault);
    const third = await handleFailedAttempt(place.ports, dispatch.job_id, fault);

    expect([first.retry, second.retry, third.retry]).toEqual([true, true, false]);
    const tickets = [dispatch, first, second].map((one) =>
      'ticket' in one ? one.ticket : one.retry && one.dispatch.ticket,
    );
    expect(new Set(tickets).size).toBe(3);
    expect((await jobs(id))[0]).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { code: 'internal_error', message: expect.stringContaining('3 times') },
    });
  });

  test('a machine that fails before its agent leaves its words in the failure, and its log to the job', async () => {
    const { id, dispatch } = await onePlanned();
    const message = "Unable to pull customer's container image.";
    const Build = {
      BuildStatus: 'FAULT',
      Phases: [
        { PhaseType: 'QUEUED', PhaseStatus: 'SUCCEEDED', Contexts: [{ StatusCode: '', Message: '' }] },
        {
          ...{ PhaseType: 'PROVISIONING', PhaseStatus: 'CLIENT_ERROR' },
          Contexts: [{ StatusCode: 'BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE', Message: message }],
        },
        { PhaseType: 'COMPLETED', Contexts: null },
      ],
      Logs: { StreamName: 'builds/one' },
    };
    const caught = { error: 'States.TaskFailed', cause: JSON.stringify({ Build }) };

    for (let attempt = 1; attempt <= 3; attempt++)
      await handleFailedAttempt(place.ports, dispatch.job_id, caught);

    const [job] = await jobs(id);
    expect(job?.error?.message).toContain(`PROVISIONING: ${message}`);
    expect((await Log.ofRun(place.ports, await run(id))).streams.map(({ name }) => name)).toEqual([
      'builds/one',
    ]);
  });

  test('an agent that was killed is replaced twice, and then the job says so', async () => {
    const { id, dispatch } = await onePlanned();
    const killed = { error: 'States.TaskFailed', cause: '{"Build":{"BuildStatus":"FAILED"}}' };
    await claimed(place, dispatch);

    const first = await handleFailedAttempt(place.ports, dispatch.job_id, killed);
    if (first.retry) await claimed(place, first.dispatch);
    const second = await handleFailedAttempt(place.ports, dispatch.job_id, killed);
    if (second.retry) await claimed(place, second.dispatch);
    const third = await handleFailedAttempt(place.ports, dispatch.job_id, killed);

    expect([first.retry, second.retry, third.retry]).toEqual([true, true, false]);
    expect((await jobs(id))[0]?.error?.message).toContain('without a result, 3 times');
  });

  test('a repeat of the step, whose answer was lost, is no attempt more', async () => {
    const { id, dispatch } = await onePlanned();

    const first = await handleFailedAttempt(place.ports, dispatch.job_id, fault, { attempt: 1 });
    const repeat = await handleFailedAttempt(place.ports, dispatch.job_id, fault, { attempt: 1 });

    expect([first, repeat]).toMatchObject([{ dispatch: { attempt: 2 } }, { dispatch: { attempt: 2 } }]);
    expect((await jobs(id))[0]?.lost_attempts).toMatchObject([{ attempt: 1, reason: 'machine_lost' }]);
  });

  test('a run whose only job has completed is completed, though somebody cancels it just then', async () => {
    const { id, dispatch } = await onePlanned();
    await builtJob(place, dispatch);

    expect(await refusal(Run.cancel(place.ports, ADMIN, id))).toBe('wrong_state');

    const run = await Run.get(place.ports, ADMIN, id);
    expect(run).toMatchObject({ status: 'completed', artifact_ids: [expect.any(String)] });
  });

  test('a job that has reported stays as it is', async () => {
    const { id, dispatch } = await onePlanned();
    await builtJob(place, dispatch);

    expect(await handleFailedAttempt(place.ports, dispatch.job_id, fault)).toEqual({
      retry: false,
      end_all: false,
    });
    expect((await jobs(id))[0]?.status).toBe('completed');
  });

  test('a job that completes while its machine is looked at ends no other, though the build is fail_fast', async () => {
    const { dispatch } = await onePlanned();
    const { table } = place.ports;
    let isSeen = false;
    const get: typeof table.get = async (key) => {
      const item = await table.get(key);
      if (!isSeen && item?.entity === 'job') {
        isSeen = true;
        await builtJob(place, dispatch);
      }
      return item;
    };

    const settled = await handleFailedAttempt(
      { ...place.ports, table: { ...table, get } },
      dispatch.job_id,
      fault,
      {
        attempt: 1,
        failFast: true,
      },
    );

    expect(settled).toEqual({ retry: false, end_all: false });
  });

  test.each([
    ['TIMED_OUT', 'timeout_error'],
    ['STOPPED', 'cancelled'],
  ])('a build that ended as %s fails the job as %s, at once', async (status, code) => {
    const { id, dispatch } = await onePlanned();
    const cause = JSON.stringify({ Build: { BuildStatus: status } });

    expect(
      await handleFailedAttempt(place.ports, dispatch.job_id, { error: 'States.TaskFailed', cause }),
    ).toEqual({
      retry: false,
      end_all: false,
    });
    expect((await jobs(id))[0]).toMatchObject({ status: 'failed', error: { code, service: 'web' } });
  });

  test('a build that fails before its agent begins is tried again, and then tells what CodeBuild says', async () => {
    const { id, dispatch } = await onePlanned();
    const said = 'AccessDenied: Access Denied status code: 403';
    const phases = [
      { PhaseType: 'SUBMITTED', Contexts: [] },
      { PhaseType: 'DOWNLOAD_SOURCE', Contexts: [{ StatusCode: 'CLIENT_ERROR', Message: said }] },
    ];
    const cause = JSON.stringify({ Build: { BuildStatus: 'FAILED', Phases: phases } });

    const settled = [];
    for (let n = 0; n < 3; n++)
      settled.push(
        await handleFailedAttempt(place.ports, dispatch.job_id, { error: 'States.TaskFailed', cause }),
      );

    expect(settled.map(({ retry }) => retry)).toEqual([true, true, false]);
    expect((await jobs(id))[0]?.error?.message).toBe(
      `The build failed before its agent began, 3 times: DOWNLOAD_SOURCE: ${said}`,
    );
  });

  test.each([
    ['CodeBuild.AccountLimitExceededException', 'Cannot have more than 1 builds in queue for the account'],
    ['CodeBuild.ThrottlingException', 'Rate exceeded'],
    ['CodeBuild.CodeBuildException', 'Rate exceeded (Service: CodeBuild, Status Code: 400, Request ID: 1)'],
    ['CodeBuild.CodeBuildException', 'null (Service: CodeBuild, Status Code: 503, Request ID: 1)'],
    ['CodeBuild.SdkClientException', 'Unable to execute HTTP request: TooManyRequests'],
  ])(
    'a lack of machines fails the job as such, when the workflow has waited: %s, %s',
    async (error, cause) => {
      const { id, dispatch } = await onePlanned();

      const settled = await handleFailedAttempt(place.ports, dispatch.job_id, { error, cause });

      expect(settled).toEqual({ retry: false, end_all: false });
      expect((await jobs(id))[0]?.error?.code).toBe('resource_error');
    },
  );

  test.each([
    ['CodeBuild.InvalidInputException', 'no'],
    ['CodeBuild.CodeBuildException', 'User: … is not authorized (Service: CodeBuild, Status Code: 400)'],
    // Of the wait for a turn: it must not become a build that nobody gave a place to.
    ['Lambda.TooManyRequestsException', 'Rate Exceeded.'],
  ])('another refusal fails the job with its name, and starts nothing: %s', async (error, cause) => {
    const { id, dispatch } = await onePlanned();

    const settled = await handleFailedAttempt(place.ports, dispatch.job_id, { error, cause });

    expect(settled.retry).toBe(false);
    expect((await jobs(id))[0]?.error).toMatchObject({
      code: 'internal_error',
      message: expect.stringContaining(error),
    });
  });

  test('an agent that ended without a word fails its job and the run', async () => {
    const { id, dispatch } = await onePlanned();
    await claimed(place, dispatch);

    expect(await finish(place.ports, id)).toEqual({ status: 'failed' });
    expect((await jobs(id))[0]).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect((await run(id)).error).toMatchObject({ job_id: dispatch.job_id, service: 'web' });
  });
});

describe('the end of a run', () => {
  test('with all jobs done has their artifacts', async () => {
    const { run: started } = await completedBuild(place, TWO_SERVICES);

    const ended = await run(started.id);

    expect(ended).toMatchObject({ status: 'completed', progress: 100, stage: 'done' });
    const artifacts = await Artifact.byIds(place.ports, ended.artifact_ids);
    expect(artifacts.map(({ name, status }) => [name, status])).toEqual([
      ['api.zip', 'stored'],
      ['web.zip', 'stored'],
    ]);
  });

  test('with one of two jobs failed has the error of that one', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    const [api, web] = await Promise.all(dispatches.map((dispatch) => claimed(place, dispatch)));
    if (api === undefined || web === undefined) throw new Error('Two jobs were expected.');
    const artifact = await uploadedArtifact(place, web);
    await Job.result(place.ports, agentOf(web), web.job.id, {
      status: 'completed',
      artifact_ids: [artifact],
    });
    const error = { code: 'build_error', message: 'make failed', step: 'make', exit_code: 2 } as const;
    await Job.result(place.ports, agentOf(api), api.job.id, { status: 'failed', error });

    expect(await finish(place.ports, started.id)).toEqual({ status: 'failed' });
    expect((await run(started.id)).error).toEqual({
      ...error,
      message: 'make failed (1 of 2 jobs failed, 1 completed.)',
      job_id: api.job.id,
      service: 'api',
      job: 'api',
    });
  });

  test('with several jobs failed at length can be read', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    for (const dispatch of dispatches) {
      const work = await claimed(place, dispatch);
      const error = { code: 'build_error', message: 'x'.repeat(4000) } as const;
      await Job.result(place.ports, agentOf(work), work.job.id, { status: 'failed', error });
    }

    await finish(place.ports, started.id);

    expect((await run(started.id)).error?.message).toHaveLength(4000);
  });

  test('again changes nothing', async () => {
    const { run: started } = await completedBuild(place);
    const before = await run(started.id);
    place.ports.clock.advance(1000);

    await finish(place.ports, started.id);
    await fail(place.ports, started.id, { code: 'internal_error', message: 'late news' });

    expect(await run(started.id)).toEqual(before);
  });

  test('before it was planned is a failure, never a success without jobs', async () => {
    const { run: started } = await startedBuild(place);

    expect(await finish(place.ports, started.id)).toEqual({ status: 'failed' });
  });

  test('when the workflow died fails the run and what is left of its jobs', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    if (dispatches[0]) await builtJob(place, dispatches[0]);

    await fail(place.ports, started.id, { code: 'internal_error', message: 'The workflow died.' });

    expect((await run(started.id)).status).toBe('failed');
    expect((await jobs(started.id)).map(({ status }) => status)).toEqual(['completed', 'failed']);
  });

  test('with more than a hundred artifacts can be read', async () => {
    const services = Array.from({ length: 6 }, (_, n) => `  s${n}: {}`).join('\n');
    const { run: started } = await startedBuild(place, `services:\n${services}\n`);
    for (const dispatch of (await planRun(place, started.id)).jobs) {
      const work = await claimed(place, dispatch);
      const artifact_ids = [];
      for (let n = 0; n < 20; n++)
        artifact_ids.push(await uploadedArtifact(place, work, `${work.job.service} ${n}`, `${n}.zip`));
      await Job.result(place.ports, agentOf(work), work.job.id, { status: 'completed', artifact_ids });
    }
    await finish(place.ports, started.id);

    const { artifact_ids } = await run(started.id);

    expect(await Artifact.byIds(place.ports, artifact_ids)).toHaveLength(120);
  });
});

describe('cancelling a run', () => {
  test('stops the workflow, ends its jobs, and keeps late reports out', async () => {
    const { run: started } = await startedBuild(place, TWO_SERVICES);
    const { jobs: dispatches } = await planRun(place, started.id);
    const [first, second] = dispatches;
    if (first === undefined || second === undefined) throw new Error('Two jobs were expected.');
    const work = await claimed(place, first);
    const artifact = await uploadedArtifact(place, work);

    await Run.cancel(place.ports, ADMIN, started.id);

    expect(place.ports.workflows.find('build', started.id)).toMatchObject({
      status: 'stopped',
      reason: `cancelled by ${ADMIN.token_id}`,
    });
    expect((await jobs(started.id)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    const late = { status: 'completed' as const, artifact_ids: [artifact] };
    expect(await refusal(Job.result(place.ports, agentOf(work), work.job.id, late))).toBe('wrong_state');
    expect(await refusal(claimed(place, second))).toBe('wrong_state');
    expect(await Job.progress(place.ports, work.job.id, { stage: 'packing', progress: 80 })).toEqual({
      cancel: true,
    });
    expect(await refusal(uploadedArtifact(place, work))).toBe('wrong_state');
    await handleFailedAttempt(place.ports, second.job_id, fault);
    expect(await finish(place.ports, started.id)).toEqual({ status: 'cancelled' });
  });

  test('of one that has ended otherwise is refused', async () => {
    const { run: started } = await completedBuild(place);

    expect(await refusal(Run.cancel(place.ports, ADMIN, started.id))).toBe('wrong_state');
  });

  test('again ends what a first try left behind that could not reach the workflow', async () => {
    const { run: started } = await startedBuild(place);
    await planRun(place, started.id);
    const workflows = {
      ...place.ports.workflows,
      stop: async () => {
        throw new Error('Step Functions is away');
      },
    };
    await expect(Run.cancel({ ...place.ports, workflows }, ADMIN, started.id)).rejects.toThrow('away');

    const again = await Run.cancel(place.ports, ADMIN, started.id);

    expect(again.status).toBe('cancelled');
    expect(place.ports.workflows.find('build', started.id)?.status).toBe('stopped');
    expect((await jobs(started.id)).map(({ status }) => status)).toEqual(['cancelled']);
  });

  test('while it is being planned leaves no ticket that works', async () => {
    const { run: started } = await startedBuild(place);
    const trees = {
      survey: async (archive: Parameters<typeof place.ports.trees.survey>[0]) => {
        await Run.cancel(place.ports, ADMIN, started.id);
        return place.ports.trees.survey(archive);
      },
    };

    await plan({ ...place.ports, trees }, started.id);

    expect(await run(started.id)).toMatchObject({ status: 'cancelled', job_ids: [] });
    expect(place.ports.workflows.executions).toEqual([]);
  });
});

describe('a run at work', () => {
  test('shows the stage of its one job, or how many are done', async () => {
    const one = await startedBuild(place);
    const two = await startedBuild(place, TWO_SERVICES);
    const [single] = (await planRun(place, one.run.id)).jobs;
    const [api] = (await planRun(place, two.run.id)).jobs;
    if (single === undefined || api === undefined) throw new Error('Jobs were expected.');
    await claimed(place, single);
    await Job.progress(place.ports, single.job_id, { stage: 'command 1 of 2', progress: 40 });
    await builtJob(place, api);

    const views = await Promise.all(
      [one, two].map(async (each) => withProgress(place.ports, await run(each.run.id))),
    );

    expect(views).toMatchObject([
      { stage: 'command 1 of 2', progress: 40 },
      { stage: '1 of 2 jobs ended', progress: 50 },
    ]);
  });

  test('is never at 100 before it has completed', async () => {
    const { run: started } = await startedBuild(place);
    const [dispatch] = (await planRun(place, started.id)).jobs;
    if (dispatch) await builtJobAlone(place, dispatch);

    expect(await withProgress(place.ports, await run(started.id))).toMatchObject({
      stage: 'finishing',
      progress: 99,
    });
  });
});
