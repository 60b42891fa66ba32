import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../../lib/domain/builds/schema.ts';
import type { Dispatch } from '../../../../lib/domain/execution/attempt/task.ts';
import { plan } from '../../../../lib/domain/execution/plan/index.ts';
import { startNextWorkflow } from '../../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { parse } from '../../../../lib/domain/manifest/index.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import {
  ADMIN,
  claimed,
  ONE_SERVICE,
  planRun,
  refusal,
  startedBuild,
  TWO_SERVICES,
  uploadedSource,
  type World,
  world,
} from '../../world.ts';

let place: World;

beforeEach(async () => {
  place = await world();
});

const run = (id: string) => Run.get(place.ports, ADMIN, id);

const jobs = async (id: string) => Run.jobsOf(place.ports, await run(id));

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
        const { ArchiveUnreadable } = await import('../../../../lib/domain/ports/index.ts');
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
