/** Whatever a request or a manifest calls its parts, it names no variable that steers processes, and no place outside. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CreateBuild } from '../../../../lib/domain/builds/schema.ts';
import { jobs } from '../../../../lib/domain/execution/model/job-record.ts';
import { runs } from '../../../../lib/domain/execution/model/run-record.ts';
import { ManifestError, parse } from '../../../../lib/domain/manifest/index.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import { planRun, startedBuild, ULID, world } from '../../world.ts';

const EVIL_NAMES = [
  'PATH',
  'path',
  'LD_PRELOAD',
  'NODE_OPTIONS',
  'AWS_ACCESS_KEY_ID',
  'STAITHE_JOB_TICKET',
  'x=y',
  '__proto__',
  'constructor',
  'a\nb',
  'a\x1b[2J',
  '',
];
const NAMED = /^STAITHE_(SERVICE$|INPUT_|MATRIX_|FEATURES$|FEATURE_|TOOLCHAIN$|TOOLCHAIN_)/;

const word = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), fc.constantFrom(...EVIL_NAMES));
const request = fc.record({
  inputs: fc.dictionary(word, fc.string({ maxLength: 20 })),
  features: fc.array(word, { maxLength: 4 }),
  matrix: fc.dictionary(word, fc.array(word, { minLength: 1, maxLength: 2 }), { maxKeys: 3 }),
});

test('of no request does a job get another variable than those that Staithe names', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.subarray(['node', 'python', 'erlang']), async (asked, toolchains) => {
      const checked = CreateBuild.safeParse({ source_id: `src_${ULID}`, ...asked });
      fc.pre(checked.success);
      const toolchain = toolchains.map((name) => `${name}@1`);
      const place = await world();

      const { run } = await startedBuild(place, JSON.stringify({ services: { web: { toolchain } } }), asked);
      await planRun(place, run.id);

      const planned = (await runs.get(place.ports.table, Keys.run(run.id)))?.value;
      const made = await jobs.getMany(place.ports.table, (planned?.job_ids ?? []).map(Keys.job));
      expect(made.length).toBeGreaterThan(0);
      for (const { spec } of made) for (const name of Object.keys(spec.env)) expect(name).toMatch(NAMED);
    }),
    { numRuns: 200 },
  );
});

/** Lower-case words are allowed where a prefix in front of them makes them harmless. */
const harmful = EVIL_NAMES.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name));
test.each(harmful)('no input, feature or axis is called %j', (name) => {
  // JSON, as a request is: in a literal, __proto__ would be no member.
  const member = (value: unknown): object =>
    JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`);
  for (const asked of [{ inputs: member('x') }, { features: [name] }, { matrix: member(['x']) }]) {
    const { data } = CreateBuild.safeParse({ source_id: `src_${ULID}`, ...asked });

    // Refused, or (__proto__) left out.
    const named = [...Object.keys(data?.inputs ?? {}), ...Object.keys(data?.matrix ?? {})];
    expect([...named, ...(data?.features ?? [])], JSON.stringify(asked)).toEqual([]);
  }
});

const service = (fields: object) => ({ services: { web: fields } });
const image = (fields: object) => service({ dockerfile: 'Dockerfile', ...fields });
const own = (host: string) => ({ ...image({}), registry: { host } });
test.each<[string, object]>([
  ['a variable of the loader', service({ env: { LD_PRELOAD: '/tmp/x.so' } })],
  ['a variable of the agent', service({ env: { STAITHE_JOB_TICKET: 'x' } })],
  ['credentials of AWS', service({ env: { AWS_ACCESS_KEY_ID: 'x' } })],
  ['a build argument that steers', image({ build_args: { LD_PRELOAD: 'x' } })],
  ['a build argument that is an option', image({ build_args: { '--push': 'x' } })],
  ['a secret that steers', service({ secrets: ['NODE_OPTIONS'] })],
  ['a secret for the agent', service({ secrets: ['STAITHE_TOKEN'] })],
  ['a cache above the home folder', service({ cache: { key: 'x', paths: '~/../x' } })],
  ['a cache above the context', service({ cache: { key: 'x', paths: 'a/../../x' } })],
  ['a cache of another user', service({ cache: { key: 'x', paths: '~root/.ssh' } })],
  ['an absolute cache', service({ cache: { key: 'x', paths: '/etc' } })],
  ['a key above the context', service({ cache: { key: '../x', paths: 'a' } })],
  ['a Dockerfile above the context', image({ dockerfile: '../Dockerfile' })],
  ['an absolute Dockerfile', image({ dockerfile: '/proc/self/environ' })],
  ['an absolute context', service({ context: '/etc' })],
  ['an image that is an option', image({ image: '--help' })],
  ['an image that leads elsewhere', image({ image: 'a/../../b' })],
  ['an image with a tag', image({ image: 'a:latest' })],
  ['a registry with a credential', own('user:password@registry.example.com')],
  ['a registry with a scheme', own('http://169.254.169.254')],
  ['a registry with a query', own('registry.example.com?x=')],
  ['a toolchain that is an option', service({ toolchain: '--x@1' })],
  ['a toolchain with a path', service({ toolchain: 'node@../../x' })],
  ['an axis that steers', service({ matrix: { PATH: ['x'] } })],
  ['a fleet that is another', service({ resources: { compute: 'fleet:../x' } })],
])('a manifest may not name %s', (_, manifest) => {
  expect(() => parse(JSON.stringify(manifest))).toThrow(ManifestError);
});
