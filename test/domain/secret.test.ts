import { beforeEach, describe, expect, test } from 'vitest';
import { ofJob } from '../../lib/domain/execution/secrets.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import { PutSecret } from '../../lib/domain/secret/schema.ts';
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
