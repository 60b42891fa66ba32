import { beforeEach, describe, expect, test } from 'vitest';
import { jobs } from '../../lib/domain/execution/model/job-record.ts';
import { ofJob, readSecrets } from '../../lib/domain/execution/secrets.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { runningJob } from './execution/running-job.ts';
import { ADMIN, refusal, type World, world } from './world.ts';

const VALUE = 'correct-horse-battery-staple';

let place: World;

beforeEach(async () => {
  place = await world();
});

const put = (name: string, value = VALUE, seed?: string) =>
  Secret.put(place.ports, ADMIN, place.project, name, { value }, seed);

const job = (facts: Parameters<typeof runningJob>[2] = {}) => runningJob(place.ports, place.project, facts);

const everything = () => JSON.stringify(place.ports.table.all());

describe('the agent of a job', () => {
  test('gets the secrets that its job names and no others, and each read is noted', async () => {
    for (const name of ['NPM_TOKEN', 'SIGNING_KEY', 'OTHER']) await put(name, `value of ${name}`);
    const { actor, job: working } = await job({
      branch: 'main',
      spec: { secrets: ['NPM_TOKEN', 'SIGNING_KEY'] },
    });

    const answer = await ofJob(place.ports, actor, actor.job_id);

    expect(answer).toEqual({
      secrets: { NPM_TOKEN: 'value of NPM_TOKEN', SIGNING_KEY: 'value of SIGNING_KEY' },
      missing: [],
    });
    const reads = await Secret.reads(place.ports, place.project, 'NPM_TOKEN', { limit: 10 });
    expect(reads.items).toEqual([
      expect.objectContaining({
        name: 'NPM_TOKEN',
        job_id: working.id,
        run_id: working.run_id,
        build_id: working.build_id,
        service: 'web',
        branch: 'main',
        at: '2026-11-21T09:30:00.000Z',
      }),
    ]);
    expect(await Secret.get(place.ports, place.project, 'NPM_TOKEN')).toMatchObject({
      last_read_at: '2026-11-21T09:30:00.000Z',
      last_read_by: working.id,
    });
    expect((await Secret.get(place.ports, place.project, 'OTHER')).last_read_at).toBeUndefined();
    expect(everything()).not.toContain('value of');
  });

  test('is told which of them the project does not have', async () => {
    await put('NPM_TOKEN');
    const { actor } = await job({ spec: { secrets: ['NPM_TOKEN', 'ABSENT'] } });

    const answer = await ofJob(place.ports, actor, actor.job_id);

    expect(answer).toEqual({ secrets: { NPM_TOKEN: VALUE }, missing: ['ABSENT'] });
  });

  test('of a fork gets nothing, whatever its job names, and nothing is noted', async () => {
    await put('NPM_TOKEN');
    const { actor, job: working } = await job({ trust: 'fork', spec: { secrets: ['NPM_TOKEN'] } });

    const answer = await ofJob(place.ports, actor, actor.job_id);
    const given = await readSecrets(place.ports, working, ['NPM_TOKEN']);

    expect([answer, given]).toEqual([
      { secrets: {}, missing: [] },
      { secrets: {}, missing: [] },
    ]);
    expect((await Secret.reads(place.ports, place.project, 'NPM_TOKEN', { limit: 10 })).items).toEqual([]);
  });

  test('gets nothing of another project', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    await Secret.put(place.ports, ADMIN, other, 'NPM_TOKEN', { value: 'theirs' });
    const { actor } = await job({ spec: { secrets: ['NPM_TOKEN'] } });

    expect(await ofJob(place.ports, actor, actor.job_id)).toEqual({ secrets: {}, missing: ['NPM_TOKEN'] });
  });

  test('gets nothing once its job has ended, or another agent has it', async () => {
    await put('NPM_TOKEN');
    const { actor } = await job({ spec: { secrets: ['NPM_TOKEN'] } });
    const stranger = { ...actor, claim_id: '7f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d21' };

    expect(await refusal(ofJob(place.ports, stranger, actor.job_id))).toBe('wrong_state');
    for (const status of ['completed', 'failed', 'cancelled', 'pending'] as const) {
      await jobs.update(place.ports.table, Keys.job(actor.job_id), (value) => ({ ...value, status }));
      expect(await refusal(ofJob(place.ports, actor, actor.job_id))).toBe('wrong_state');
    }
  });

  test('gets no value whose read could not be noted', async () => {
    await put('NPM_TOKEN');
    const { actor } = await job({ spec: { secrets: ['NPM_TOKEN'] } });
    const { table } = place.ports;
    const broken = {
      ...place.ports,
      table: {
        ...table,
        write: async (write: Parameters<typeof table.write>[0]) => {
          if ('put' in write && write.put.entity === 'secret_read') throw new Error('The table is away.');
          return table.write(write);
        },
      },
    };

    await expect(ofJob(broken, actor, actor.job_id)).rejects.toThrow('The table is away.');
  });

  test('reads side by side with others, and every read is in the list, newest first', async () => {
    await put('NPM_TOKEN');
    const all = await Promise.all(
      Array.from({ length: 12 }, () => job({ spec: { secrets: ['NPM_TOKEN'] } })),
    );

    await Promise.all(all.map(({ actor }) => ofJob(place.ports, actor, actor.job_id)));

    const { items } = await Secret.reads(place.ports, place.project, 'NPM_TOKEN', { limit: 100 });
    expect(new Set(items.map(({ job_id }) => job_id))).toEqual(new Set(all.map((one) => one.job.id)));
    expect(items.map(({ id }) => id)).toEqual([...items.map(({ id }) => id)].sort().reverse());
  });

  test('leaves a note for 90 days', async () => {
    await put('NPM_TOKEN');
    const { actor } = await job({ spec: { secrets: ['NPM_TOKEN'] } });

    await ofJob(place.ports, actor, actor.job_id);

    const note = place.ports.table.all().find(({ entity }) => entity === 'secret_read');
    expect(note?.ttl).toBe(place.ports.clock.now().getTime() / 1000 + 90 * 86_400);
  });
});
