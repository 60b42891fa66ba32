import { beforeEach, describe, expect, test } from 'vitest';
import { jobs } from '../../lib/domain/execution/model/job-record.ts';
import { ofJob, readSecrets } from '../../lib/domain/execution/secrets.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import { PutSecret } from '../../lib/domain/secret/schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { runningJob } from './execution/running-job.ts';
import { ADMIN, refusal, ULID, type World, world } from './world.ts';

const VALUE = 'correct-horse-battery-staple';
const SEED = '01JZX3V5N8Q2R4T6W8Y0A1B2C9';
let place: World;
beforeEach(async () => {
  place = await world();
});
const put = (name: string, value = VALUE, seed?: string) =>
  Secret.put(place.ports, ADMIN, place.project, name, { value }, seed);
const read = async (name: string) =>
  (await place.ports.projectSecrets.readMany(place.project.id, [name])).get(name);
const job = (facts: Parameters<typeof runningJob>[2] = {}) => runningJob(place.ports, place.project, facts);
const everything = () => JSON.stringify(place.ports.table.all());

describe('a secret', () => {
  test('is kept with who set it and when, and without its value or a hash of it', async () => {
    const secret = await put('NPM_TOKEN');

    expect(secret).toMatchObject({
      name: 'NPM_TOKEN',
      versions: 1,
      created_at: '2026-11-21T09:30:00.000Z',
      created_by: `tok_${ULID}`,
      updated_by: `tok_${ULID}`,
    });
    expect(await read('NPM_TOKEN')).toBe(VALUE);
    expect(everything()).not.toContain(VALUE);
    expect(everything()).not.toMatch(/[0-9a-f]{64}/);
  });

  test('that is set again has another version, and remembers its beginning', async () => {
    await put('NPM_TOKEN');
    place.ports.clock.advance(60_000);

    const secret = await put('NPM_TOKEN', 'another value');

    expect(secret).toMatchObject({
      versions: 2,
      created_at: '2026-11-21T09:30:00.000Z',
      updated_at: '2026-11-21T09:31:00.000Z',
    });
    expect(await read('NPM_TOKEN')).toBe('another value');
  });

  test('that is set again by the repeat of a request is as it was, also after a later change', async () => {
    await put('NPM_TOKEN', VALUE, SEED);
    const again = await put('NPM_TOKEN', VALUE, SEED);
    await put('NPM_TOKEN', 'later');

    const late = await put('NPM_TOKEN', VALUE, SEED);

    expect([again.versions, late.versions]).toEqual([1, 2]);
    expect(await read('NPM_TOKEN')).toBe('later');
  });

  test('with another value under the same Idempotency-Key is refused', async () => {
    await put('NPM_TOKEN', VALUE, SEED);

    expect(await refusal(put('NPM_TOKEN', 'another value', SEED))).toBe('idempotency_key_reused');
    expect(await read('NPM_TOKEN')).toBe(VALUE);
  });

  test('whose record was lost in a crash gets it when it is set again', async () => {
    await place.ports.projectSecrets.put({
      projectId: place.project.id,
      name: 'NPM_TOKEN',
      value: VALUE,
      change: SEED,
    });

    const repeated = await put('NPM_TOKEN', VALUE, SEED);

    expect(repeated.versions).toBe(1);
  });

  test('set by many at once has as many versions, and one value', async () => {
    const values = ['a', 'b', 'c', 'd', 'e'];

    await Promise.all(values.map((value) => put('NPM_TOKEN', value)));

    expect((await Secret.get(place.ports, place.project, 'NPM_TOKEN')).versions).toBe(5);
    expect(values).toContain(await read('NPM_TOKEN'));
  });

  test('that is deleted is gone for builds and lists, may be set anew, and its reads stay', async () => {
    await put('NPM_TOKEN');
    const { actor } = await job({ spec: { secrets: ['NPM_TOKEN'] } });
    await ofJob(place.ports, actor, actor.job_id);

    await Secret.remove(place.ports, place.project, 'NPM_TOKEN');

    expect(await read('NPM_TOKEN')).toBeUndefined();
    expect(await refusal(Secret.get(place.ports, place.project, 'NPM_TOKEN'))).toBe('not_found');
    expect(await refusal(Secret.remove(place.ports, place.project, 'NPM_TOKEN'))).toBe('not_found');
    const reads = await Secret.reads(place.ports, place.project, 'NPM_TOKEN', { limit: 10 });
    expect(reads.items).toHaveLength(1);
    expect((await put('NPM_TOKEN', 'anew')).versions).toBe(1);
  });

  test('is on the list of its own project, by name', async () => {
    for (const name of ['B', 'C', 'A']) await put(name);
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });

    const first = await Secret.list(place.ports, place.project, { limit: 2 });
    const second = await Secret.list(place.ports, place.project, {
      limit: 2,
      cursor: first.next_cursor ?? undefined,
    });

    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['A', 'B', 'C']);
    expect((await Secret.list(place.ports, other, { limit: 10 })).items).toEqual([]);
    expect(await refusal(Secret.get(place.ports, other, 'A'))).toBe('not_found');
  });

  test('keeps its project from being deleted, as its value would be left behind', async () => {
    await put('NPM_TOKEN');

    expect(await refusal(Project.remove(place.ports, ADMIN, 'hello'))).toBe('project_not_empty');
    await Secret.remove(place.ports, place.project, 'NPM_TOKEN');
    place.ports.clock.advance(3 * 60_000);
    await Project.remove(place.ports, ADMIN, 'hello');

    expect(await refusal(Project.resolve(place.ports, ADMIN, 'hello'))).toBe('not_found');
  });

  test.each([
    ['no text', ''],
    ['more than 64 KiB in UTF-8', 'é'.repeat(32 * 1024 + 1)],
    ['a NUL character, which no environment variable can have', 'a\0b'],
    ['half a character', 'a\ud800'],
  ])('takes no value of %s, and the refusal shows none of it', (_, value) => {
    const result = PutSecret.safeParse({ value });

    expect(result.success).toBe(false);
    if (value !== '') expect(JSON.stringify(result.error?.issues)).not.toContain(value.slice(0, 8));
  });

  test('takes 64 KiB', () => {
    expect(PutSecret.safeParse({ value: 'é'.repeat(32 * 1024) }).success).toBe(true);
  });
});

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
