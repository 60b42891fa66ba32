/** Records that an earlier version wrote are read. */
import { expect, test } from 'vitest';
import { jobs } from '../../../../lib/domain/execution/model/job-record.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import { claimed, plannedJob, world } from '../../world.ts';
import { runningJob } from '../running-job.ts';

test('a job of an earlier version is read with its last heartbeat and the messages of its lost attempts', async () => {
  const place = await world();
  const { job } = await runningJob(place.ports, place.project);
  const at = '2026-11-01T10:00:00.000Z';
  const { last_heartbeat_at: _, heard_at: __, ...rest } = job;
  const lost = { attempt: 1, reason: 'agent_not_begun', stage: 'queued', at };

  const { value } = jobs.read({
    pk: '',
    sk: '',
    entity: 'job',
    revision: 1,
    ...rest,
    heard_at: at,
    lost_attempts: [{ ...lost, said: 'access denied' }],
  });

  expect(value.last_heartbeat_at).toBe(at);
  expect(value.lost_attempts).toMatchObject([{ ...lost, detail: 'access denied' }]);
});

test('a heartbeat is also what an earlier version reads: its sweep may still run while an upgrade goes on', async () => {
  const place = await world();
  const { dispatch } = await plannedJob(place);
  await claimed(place, dispatch);

  const item = await place.ports.table.get(Keys.job(dispatch.job_id));

  expect(item?.heard_at).toBe(item?.last_heartbeat_at);
  expect(item?.heard_at).toBeDefined();
});
