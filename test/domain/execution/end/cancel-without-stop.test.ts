import { expect, test } from 'vitest';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { ADMIN, agentOf, claimed, plannedJob, refusal, world } from '../../world.ts';

test('a cancelled run’s agent is told to stop, also when Step Functions could not be reached', async () => {
  const place = await world();
  const { run, dispatch } = await plannedJob(place);
  const work = await claimed(place, dispatch);
  const stop = () => Promise.reject(new Error('Step Functions is away'));
  const ports = { ...place.ports, workflows: { ...place.ports.workflows, stop } };

  await expect(Run.cancel(ports, ADMIN, run.id)).rejects.toThrow('Step Functions is away');

  expect(await Job.progress(place.ports, work.job.id, { stage: 'at work', progress: 50 })).toEqual({
    cancel: true,
  });
  const upload = { name: 'a.zip', sha256: 'a'.repeat(64), size_bytes: 1, content_type: 'application/zip' };
  expect(await refusal(Job.createUpload(place.ports, agentOf(work), work.job.id, upload))).toBe(
    'wrong_state',
  );
  expect((await Run.cancel(place.ports, ADMIN, run.id)).status).toBe('cancelled');
});
