import { beforeEach, describe, expect, test } from 'vitest';
import { handleFailedAttempt } from '../../../../lib/domain/execution/attempt/failed-attempt.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import * as Log from '../../../../lib/domain/log/index.ts';
import { ADMIN, builtJob, claimed, plannedJob, refusal, type World, world } from '../../world.ts';
import { FAULT } from '../caught.ts';

let place: World;

beforeEach(async () => {
  place = await world();
});

const run = (id: string) => Run.get(place.ports, ADMIN, id);

const jobs = async (id: string) => Run.jobsOf(place.ports, await run(id));

describe('a backend that gave up', () => {
  const onePlanned = async (manifest?: string) => {
    const { run: started, dispatch } = await plannedJob(place, manifest);
    return { id: started.id, dispatch };
  };

  test('a lost machine is replaced twice, each time with a new ticket, and then the job fails', async () => {
    const { id, dispatch } = await onePlanned();

    const first = await handleFailedAttempt(place.ports, dispatch.job_id, FAULT);
    const second = await handleFailedAttempt(place.ports, dispatch.job_id, FAULT);
    const third = await handleFailedAttempt(place.ports, dispatch.job_id, FAULT);

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

    const first = await handleFailedAttempt(place.ports, dispatch.job_id, FAULT, { attempt: 1 });
    const repeat = await handleFailedAttempt(place.ports, dispatch.job_id, FAULT, { attempt: 1 });

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

    expect(await handleFailedAttempt(place.ports, dispatch.job_id, FAULT)).toEqual({
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
      FAULT,
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
