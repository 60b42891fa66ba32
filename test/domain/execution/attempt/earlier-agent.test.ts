import { beforeEach, expect, test } from 'vitest';
import type { RequestActor } from '../../../../lib/domain/access/actor.ts';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../../lib/domain/execution/attempt/failed-attempt.ts';
import { authenticate } from '../../../../lib/domain/token/authenticate.ts';
import { ADMIN, claimed, plannedJob, refusal, type World, world } from '../../world.ts';
import { FAULT } from '../caught.ts';

let place: World;
let jobId: string;
let old: RequestActor;
let present: RequestActor;
beforeEach(async () => {
  place = await world();
  const { dispatch: first } = await plannedJob(place);
  jobId = first.job_id;
  const before = await claimed(place, first);
  // CodeBuild gives the machine up, though its agent may still be at work behind a broken line.
  const again = await handleFailedAttempt(place.ports, jobId, FAULT);
  if (!again.retry) throw new Error('There is no second attempt.');
  const after = await claimed(place, again.dispatch);
  old = await authenticate(place.ports, `Bearer ${before.token}`);
  present = await authenticate(place.ports, `Bearer ${after.token}`);
});
const FAILED = { status: 'failed', error: { code: 'build_error', message: 'make failed' } } as const;

test('cannot end the job that another agent has', async () => {
  const refused = await refusal(Job.result(place.ports, old, jobId, FAILED));

  expect(refused).toBe('wrong_state');
  expect((await Job.get(place.ports, ADMIN, jobId)).status).toBe('building');
  expect((await Job.result(place.ports, present, jobId, FAILED)).status).toBe('failed');
});

test('is told to stop, and what it says of its progress is not noted', async () => {
  const answer = await Job.progress(place.ports, jobId, { stage: 'late', progress: 90 }, old);

  expect(answer).toEqual({ cancel: true });
  expect((await Job.get(place.ports, ADMIN, jobId)).stage).toBe('starting');
  expect(await Job.progress(place.ports, jobId, { stage: 'new', progress: 1 }, present)).toEqual({
    cancel: false,
  });
});
