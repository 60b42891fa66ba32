/** Secrets and caches over HTTP: what is wrong is named, changes nothing, and shows nothing of a value. */

import { beforeEach, describe, expect, test } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import * as Cache from '../../lib/domain/cache/job-caches.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import { type Handlers, serve } from '../../lib/http/serve.ts';
import { type RunningJob, runningJob } from '../domain/execution/running-job.ts';
import { ADMIN, type World, world } from '../domain/world.ts';
import { type Sent, send } from './api.ts';
import { credentialOf } from './credentials.ts';

const VALUE = 'hunter2-and-more';
let place: World;
let running: RunningJob;
let admin: string | undefined;
let agent: string | undefined;
beforeEach(async () => {
  place = await world();
  const spec = { caches: [{ key: ['lock'], paths: ['node_modules'] }] };
  running = await runningJob(place.ports, place.project, { branch: 'main', spec });
  admin = await credentialOf(place.ports, ADMIN);
  agent = await credentialOf(place.ports, running.actor);
});

const unused = async () => Promise.reject(new Error('not in this test'));
const resolve = (ref: string) => Project.resolve(place.ports, ADMIN, ref);
const secrets = (): Handlers<'secrets'> => ({
  putSecret: async ({ actor, params, body, seed }) =>
    Secret.put(place.ports, actor, await resolve(params.project), params.name, body, seed),
  listSecrets: unused,
  getSecret: unused,
  deleteSecret: unused,
  listSecretReads: unused,
});
const put = (body: unknown, more: Partial<Sent> = {}) =>
  send(serve('secrets', ROUTES, secrets(), place.ports), {
    operation: 'putSecret',
    token: admin,
    params: { project: 'hello', name: 'NPM_TOKEN' },
    body,
    ...more,
  });
const fieldsOf = (body: unknown) =>
  (body as { fields?: { field: string }[] }).fields?.map(({ field }) => field) ?? [];
/** Everything in the table, before and after. */
const table = () => JSON.stringify(place.ports.table.all());

describe('a secret that is set', () => {
  test.each<[string, unknown, string[]]>([
    ['without a value', {}, ['value']],
    ['with an empty one', { value: '' }, ['value']],
    ['with a list', { value: [VALUE] }, ['value']],
    ['with a NUL character', { value: `${VALUE}\0` }, ['value']],
    ['with more than 64 KiB', { value: VALUE.repeat(5000) }, ['value']],
    ['with another field', { value: VALUE, description: VALUE }, ['description']],
    ['with no object', JSON.stringify(VALUE), ['body']],
    ['with no JSON', `${VALUE}`, []],
    ['with broken JSON', `{"value":"${VALUE}`, []],
  ])('%s is refused; nothing of it is in the answer or in the table', async (_, body, fields) => {
    const before = table();

    const answer = await put(body);

    expect(answer.status).toBe(400);
    expect(fieldsOf(answer.body)).toEqual(fields);
    expect(JSON.stringify(answer)).not.toContain(VALUE.slice(0, 7));
    expect(table()).toBe(before);
  });

  test('under an Idempotency-Key leaves the same trace in the table whatever its value', async () => {
    const traceOf = async (value: string, key: string) => {
      await put({ value }, { headers: { 'idempotency-key': key } });
      const record = place.ports.table.all().findLast(({ entity }) => entity === 'idempotency');
      return record?.request_hash;
    };

    const traces = [await traceOf(VALUE, 'a'), await traceOf('another', 'b')];

    expect(traces[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(traces[1]).toBe(traces[0]);
    expect(table()).not.toContain('"answer"');
  });

  test('again under its Idempotency-Key is done once, and with another value is refused', async () => {
    const keyed = { headers: { 'idempotency-key': 'a' } };

    const answers = [
      await put({ value: VALUE }, keyed),
      await put({ value: VALUE }, keyed),
      await put({ value: 'another' }, keyed),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 422]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect(answers[2]?.body).toMatchObject({ code: 'idempotency_key_reused' });
    const values = await place.ports.projectSecrets.readMany(place.project.id, ['NPM_TOKEN']);
    expect(values.get('NPM_TOKEN')).toBe(VALUE);
  });
});

describe('what an agent says of caches', () => {
  const handlers = () =>
    ({
      claimJob: unused,
      getJob: unused,
      reportProgress: unused,
      createJobUpload: unused,
      reportResult: unused,
      readJobSecrets: unused,
      restoreJobCaches: ({ actor, params, body }) => Cache.restore(place.ports, actor, params.job, body),
      saveJobCaches: ({ actor, params, body }) => Cache.save(place.ports, actor, params.job, body),
      confirmJobCaches: ({ actor, params, body }) => Cache.confirm(place.ports, actor, params.job, body),
    }) satisfies Partial<Handlers<'jobs'>> as unknown as Handlers<'jobs'>;
  const good = {
    paths: ['node_modules'],
    key: 'ab'.repeat(32),
    platform: 'linux-arm64',
    sha256: 'cd'.repeat(32),
    size_bytes: 7,
  };
  const say = (operation: 'restoreJobCaches' | 'saveJobCaches' | 'confirmJobCaches', body: unknown) =>
    send(serve('jobs', ROUTES, handlers(), place.ports), {
      operation,
      token: agent,
      params: { job: running.job.id },
      body,
    });

  test.each<[string, unknown, string[]]>([
    ['nothing', {}, ['caches']],
    ['none', { caches: [] }, ['caches']],
    ['more than ten', { caches: Array(11).fill(good) }, ['caches']],
    ['no list', { caches: good }, ['caches']],
    ['paths of no cache of the job', { caches: [{ ...good, paths: ['/etc'] }] }, ['caches.0.paths']],
    ['no paths', { caches: [{ ...good, paths: [] }] }, ['caches.0.paths']],
    ['a key that is no hash', { caches: [{ ...good, key: '../x' }] }, ['caches.0.key']],
    ['a digest in capitals', { caches: [{ ...good, sha256: 'CD'.repeat(32) }] }, ['caches.0.sha256']],
    ['more than 2 GiB', { caches: [{ ...good, size_bytes: 2 ** 31 + 1 }] }, ['caches.0.size_bytes']],
    ['no whole number of bytes', { caches: [{ ...good, size_bytes: 1.5 }] }, ['caches.0.size_bytes']],
    ['a scope of its own', { caches: [{ ...good, branch: 'main' }] }, ['caches.0.branch']],
    ['a machine that is none', { caches: [{ ...good, platform: 'x' }] }, ['caches.0.platform']],
  ])('%s is refused with the field that is wrong, and nothing is kept', async (_, body, fields) => {
    const before = table();

    const answers = [await say('saveJobCaches', body), await say('confirmJobCaches', body)];

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(fieldsOf(answer.body)).toEqual(fields);
    }
    expect(table()).toBe(before);
  });

  test('of bytes that never came is a conflict that says what to do', async () => {
    await say('saveJobCaches', { caches: [good] });

    const answer = await say('confirmJobCaches', { caches: [good] });

    expect(answer).toMatchObject({ status: 409, body: { code: 'cache_not_stored' } });
    expect(Reflect.get(Object(answer.body), 'remedy')).toContain('presigned URL');
  });

  test('who asks for caches gets no more than the routes say: no key of storage, no scope', async () => {
    const answer = await say('restoreJobCaches', {
      caches: [{ paths: good.paths, key: good.key, platform: good.platform }],
    });

    expect(answer).toMatchObject({
      status: 200,
      body: { caches: [{ hit: 'none', branch: null, download: null, save: true }] },
    });
  });
});
