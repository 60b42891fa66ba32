/** Nothing is accepted that does nothing: each field of a manifest, and of a build's request, changes what is planned. */
import { describe, expect, test } from 'vitest';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { jobs } from '../../lib/domain/execution/model/job-record.ts';
import { runs } from '../../lib/domain/execution/model/run-record.ts';
import { manifestJsonSchema } from '../../lib/domain/manifest/json-schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { planRun, startedBuild, ULID, withRegistrySecrets, world } from './world.ts';

type Fields = Record<string, unknown>;
const service = (fields: Fields) => ({ services: { web: fields } });
const image = (fields: Fields) => service({ dockerfile: 'Dockerfile', ...fields });
const artifact = (fields: Fields) => service({ artifacts: [{ paths: ['dist/**'], ...fields }] });
const own = (fields: Fields) => ({ ...image({}), registry: { host: 'registry.example.com', ...fields } });

const environment = (name: string) => ({
  ...service({}),
  environments: { [name]: { target: { kind: 'lambda', function_name: 'web' } } },
});

/** By the field's path in the JSON Schema: a manifest with one value of it, and with another. */
const FIELDS: Record<string, [Fields, Fields]> = {
  'services.*.context': [service({ context: 'a' }), service({ context: 'b' })],
  'services.*.commands': [service({ commands: ['a'] }), service({ commands: ['b'] })],
  'services.*.artifacts.name': [artifact({ name: 'a' }), artifact({ name: 'b' })],
  'services.*.artifacts.paths': [artifact({ paths: 'a' }), artifact({ paths: 'b' })],
  'services.*.artifacts.root': [artifact({ root: 'dist' }), artifact({})],
  'services.*.artifacts.format': [artifact({ format: 'zip' }), artifact({ format: 'tar.gz' })],
  'services.*.dockerfile': [image({}), image({ dockerfile: 'Other' })],
  'services.*.image': [image({ image: 'a' }), image({ image: 'b' })],
  'services.*.build_args': [image({ build_args: { A: '1' } }), image({ build_args: { A: '2' } })],
  'services.*.toolchain': [service({ toolchain: 'node@22' }), service({ toolchain: 'node@24' })],
  'services.*.matrix': [service({ matrix: { os: ['a'] } }), service({ matrix: { os: ['b'] } })],
  'services.*.env': [service({ env: { A: '1' } }), service({ env: { A: '2' } })],
  'services.*.secrets.name': [service({ secrets: [{ name: 'A' }] }), service({ secrets: [{ name: 'B' }] })],
  'services.*.secrets.branches': [
    service({ secrets: [{ name: 'A', branches: ['main'] }] }),
    service({ secrets: [{ name: 'A', branches: ['other'] }] }),
  ],
  'services.*.cache.key': [
    service({ cache: { key: 'a', paths: 'x' } }),
    service({ cache: { key: 'b', paths: 'x' } }),
  ],
  'services.*.cache.paths': [
    service({ cache: { key: 'a', paths: 'x' } }),
    service({ cache: { key: 'a', paths: 'y' } }),
  ],
  'services.*.timeout': [service({ timeout: '1m' }), service({ timeout: '2m' })],
  'services.*.resources.compute': [
    service({ resources: { compute: 'small' } }),
    service({ resources: { compute: 'medium' } }),
  ],
  'services.*.resources.architecture': [
    service({ resources: { architecture: 'arm64' } }),
    service({ resources: { architecture: 'x86_64' } }),
  ],
  'registry.host': [own({}), own({ host: 'other.example.com' })],
  'registry.namespace': [own({ namespace: 'a' }), own({ namespace: 'b' })],
  'registry.auth.username_secret': [own({}), own({ auth: { username_secret: 'A' } })],
  'registry.auth.token_secret': [own({}), own({ auth: { token_secret: 'A' } })],
  environments: [environment('test'), environment('production')],
  max_parallel: [
    { ...service({}), max_parallel: 1 },
    { ...service({}), max_parallel: 2 },
  ],
  fail_fast: [
    { ...service({}), fail_fast: true },
    { ...service({}), fail_fast: false },
  ],
};

/** Paths of fields; what holds others is not one itself, and what nothing may be written to is none. */
function leavesOf(schema: unknown, path: readonly string[] = []): string[] {
  const { properties, additionalProperties, items, anyOf, not } = Object(schema);
  if (not !== undefined) return [];
  const inner = [
    ...Object.entries(Object(properties)).flatMap(([name, member]) => leavesOf(member, [...path, name])),
    ...(path.at(-1) === 'services' ? leavesOf(additionalProperties, [...path, '*']) : []),
    ...(items === undefined ? [] : leavesOf(items, path)),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((each) => leavesOf(each, path)) : []),
  ];
  const deeper = inner.filter((each) => each !== path.join('.'));
  return [...new Set(deeper.length > 0 ? deeper : [path.join('.')])];
}

/** What a build comes to: its run and jobs, and what the backend is told; without ids, times and hashes. */
async function outcome(manifest: Fields, asked: Partial<CreateBuild> = {}): Promise<string> {
  const place = await world();
  await withRegistrySecrets(place, 'A');
  const { run } = await startedBuild(place, JSON.stringify(manifest), {
    git_ref: 'refs/heads/main',
    ...asked,
  });
  const planned = await planRun(place, run.id);
  const stored = (await runs.get(place.ports.table, Keys.run(run.id)))?.value;
  const made = await jobs.getMany(place.ports.table, (stored?.job_ids ?? []).map(Keys.job));
  const { fail_fast, max_parallel, only_branch, error, force_rebuild } = stored ?? {};
  return JSON.stringify({
    run: {
      fail_fast,
      max_parallel,
      only_branch,
      force_rebuild,
      error: error?.code,
      ends: stored?.deadline_at !== undefined,
    },
    environments: (await Environment.all(place.ports, place.project)).map(({ name }) => name),
    jobs: made.map(({ service, name, matrix, compute, trust, branch, spec, registry, image_name }) => {
      return { service, name, matrix, compute, trust, branch, spec, registry, image_name };
    }),
    dispatched: planned.jobs.map(({ project, overrides }) => ({ project, overrides })),
  }).replaceAll(/(bld|run|job|prj|src)_[0-9A-Z]{26}/g, '');
}

describe('each field of a manifest changes what is planned', () => {
  test('and each is in the table', () => {
    expect(Object.keys(FIELDS).sort()).toEqual(leavesOf(manifestJsonSchema()).sort());
  });

  test.each(Object.entries(FIELDS))('%s', async (_, [one, other]) => {
    expect(await outcome(one)).not.toBe(await outcome(other));
  });
});

test('a rebuild cannot be forced of a build that is not started', () => {
  const asked = { source_id: `src_${ULID}`, start: false, force_rebuild: true };

  const { error } = CreateBuild.safeParse(asked);

  expect(error?.issues).toEqual([
    expect.objectContaining({ path: ['force_rebuild'], message: expect.stringContaining('start: false') }),
  ]);
});
