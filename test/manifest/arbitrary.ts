/** Manifests as people write them, at random. */
import fc from 'fast-check';

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const path = fc.constantFrom('.', 'src', './src', 'services/api', 'dist/**', 'a/b/c', '*.js', 'größe/日本');
/** Globs: the first one chooses. */
const globs = fc.oneof(
  path,
  fc
    .tuple(
      path,
      path,
      path.map((glob) => `!${glob}`),
    )
    .map((list) => [...list]),
);
const text = fc.oneof(
  fc.constantFrom(
    'make',
    'npm ci',
    'echo "a: b" # no',
    '  spaces ',
    '- dash',
    '{brace',
    'yes',
    '3.10',
    'line\nline\n',
    '🚢',
  ),
  fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
    .filter((word) => !word.includes('\0') && word.isWellFormed()),
);
const variables = fc.dictionary(fc.stringMatching(/^X[A-Z0-9_]{0,6}$/), text, { maxKeys: 3 });
const secretName = fc.stringMatching(/^S[A-Z0-9_]{0,6}$/);
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const oneOrMore = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }));

/** Only the members that are there. */
function written<Shape extends Record<string, fc.Arbitrary<unknown>>>(shape: Shape) {
  return fc
    .record(shape)
    .map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)));
}

const artifact = written({
  name: some(name),
  paths: fc.oneof(oneOrMore(path), globs),
  root: some(path),
  format: some(fc.constantFrom('zip', 'tar.gz', 'file')),
});
const cache = written({
  key: fc.oneof(oneOrMore(path), globs, fc.constant('/package-lock.json')),
  paths: oneOrMore(fc.constantFrom('node_modules', '~/.npm', './x')),
});
const secrets = fc.uniqueArray(
  fc.oneof(
    secretName.map((secret) => ({ id: secret, written: secret as unknown })),
    fc
      .tuple(secretName, some(fc.array(fc.constantFrom('main', 'release/1'), { minLength: 1, maxLength: 2 })))
      .map(([id, branches]) => ({
        id,
        written: branches === undefined ? { name: id } : { name: id, branches },
      })),
  ),
  { selector: ({ id }) => id, maxLength: 3 },
);
const matrix = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/),
  fc.uniqueArray(
    fc.oneof(fc.constantFrom('26', 'linux', '3.10'), fc.integer({ min: 0, max: 99 }), fc.boolean()),
    {
      selector: String,
      minLength: 1,
      maxLength: 3,
    },
  ),
  { maxKeys: 2 },
);

const service = fc
  .record({
    files: written({
      context: some(path),
      commands: some(fc.array(text, { maxLength: 3 })),
      artifacts: some(fc.oneof(path, fc.array(artifact, { minLength: 1, maxLength: 3 }))),
      toolchain: some(fc.oneof(fc.constant('node@24'), fc.shuffledSubarray(['node@24', 'erlang@26.2']))),
      matrix: some(matrix),
      env: some(variables),
      secrets: some(secrets.map((all) => all.map((one) => one.written))),
      cache: some(fc.oneof(cache, fc.array(cache, { maxLength: 2 }))),
      timeout: some(fc.constantFrom<number | string>(60, '90s', '15m', '2h', 900)),
      resources: some(
        written({
          compute: some(fc.constantFrom('small', '2xlarge', 'fleet:big-ones')),
          architecture: some(fc.constantFrom('arm64', 'x86_64')),
        }),
      ),
    }),
    image: some(
      written({
        dockerfile: fc.constant('Dockerfile'),
        image: some(fc.constantFrom('acme/api', 'api')),
        build_args: some(variables),
      }),
    ),
  })
  .map(({ files, image }) => ({ ...files, ...image }));

const registry = fc.oneof(
  fc.constant('native'),
  written({
    host: fc.constantFrom('docker.io', 'registry.example.com:5000', 'public.ecr.aws/w7c4v0w3'),
    namespace: some(fc.constant('acme/team')),
    auth: some(written({ username_secret: some(secretName), token_secret: some(secretName) })),
  }),
);
const span = fc.constantFrom<number | string>('90s', '30m', '12h', '7d', 3600);
/** `b` comes after `a`, so that rules have an effect. */
const environments = fc
  .record({
    alone: fc.boolean(),
    environment: written({
      target: written({
        kind: fc.constant('lambda'),
        function_name: fc.constant('shop'),
        timeout: some(fc.constant('20s')),
        steps: some(
          fc.constant([
            { percent: 10, bake: '5m' },
            { percent: 50, bake_seconds: 60 },
          ]),
        ),
      }),
      service: some(name),
      variables: some(fc.dictionary(fc.stringMatching(/^X[A-Z0-9_]{0,6}$/), text, { maxKeys: 2 })),
      health_path: some(fc.constant('/health')),
      health_status: some(fc.constant([200, 204])),
      health_follow: some(fc.boolean()),
      test: some(
        written({
          commands: fc.constant(['npm run smoke']),
          secrets: some(fc.constant(['KEY'])),
          timeout: some(fc.constantFrom('10m', 600)),
        }),
      ),
      approvals: some(
        written({
          required: fc.integer({ min: 1, max: 2 }),
          from: some(fc.constantFrom(['admin'], ['deployer', 'anna'])),
          self: some(fc.boolean()),
          expires: some(span),
        }),
      ),
      freeze: some(
        fc.shuffledSubarray([
          'fri 16:00..mon 08:00 Europe/Berlin',
          '2026-12-20..2027-01-03',
          'mon 01:00..mon 02:00',
        ]),
      ),
      concurrency: some(fc.constantFrom('queue', 'supersede', 'reject')),
    }),
    rules: written({
      soak: some(span),
      auto: some(
        fc.oneof(
          fc.constant(true),
          written({
            delay: some(span),
            cron: some(fc.constant('0 9 * * mon-fri')),
            zone: some(fc.constant('UTC')),
          }),
        ),
      ),
    }),
  })
  .map(({ alone, environment, rules }) =>
    alone ? { a: environment } : { b: { ...environment, ...rules, after: ['a'] }, a: environment },
  );

/** A valid manifest as data. */
export const manifestData = written({
  services: fc.dictionary(name, service, { minKeys: 1, maxKeys: 3 }),
  registry: some(registry),
  max_parallel: some(fc.integer({ min: 1, max: 40 })),
  fail_fast: some(fc.boolean()),
  // Rarer than the rest: the JSON Schema leaves targets to the API.
  environments: fc.option(environments, { nil: undefined, freq: 1 }),
});

/** The same data with the keys of all its maps in another order. */
export function shuffled(value: unknown, order: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, member]) => [order(), key, shuffled(member, order)] as const,
  );
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, key, member]) => [key, member]));
}
