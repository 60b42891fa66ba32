/** What the author of a manifest is told: where, what, and what would be right. */
import { describe, expect, test } from 'vitest';
import { inspect, ManifestError, parse } from '../../lib/domain/manifest/index.ts';

/** The message about a service `a` with these fields, one line a mistake. */
function complaints(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ManifestError) return error.message.split('\n');
    throw error;
  }
  throw new Error('The manifest was expected to be refused and was not.');
}
const ofService = (fields: string): string[] =>
  complaints(`services:\n  a: ${fields}\n`).map((line) => line.replace('services.a.', ''));

describe('a field of a service', () => {
  test.each([
    ['{comands: []}', "2:7: comands: is not a known field; did you mean 'commands'?"],
    ['{Dockerfile: x}', "2:7: Dockerfile: is not a known field; did you mean 'dockerfile'?"],
    ['{resource: {}}', "2:7: resource: is not a known field; did you mean 'resources'?"],
    ['{resources: {cpu: 2}}', '2:19: resources.cpu: is not a known field; known are compute, architecture'],
    ['{commands: make}', '2:17: commands: must be a list, not text'],
    ['{commands: }', '2:17: commands: must be a list, not empty'],
    ['{commands: [x, {run: y}]}', '2:21: commands.1: must be text, not a map'],
    [
      '{env: {PORT: 8080}}',
      '2:19: env.PORT: must be text, not the number 8080: write it in quotes, as "8080"',
    ],
    [
      '{env: {DEBUG: true}}',
      '2:20: env.DEBUG: must be text, not the word true: write it in quotes, as "true"',
    ],
    ['{env: {1A: x}}', '2:13: env.1A: must begin with a letter or _'],
    ['{env: {PATH: x}}', '2:13: env.PATH: is reserved'],
    ['{toolchain: node}', '2:18: toolchain: must be name@version, such as node@24'],
    ['{toolchain: [node@24, erlang]}', '2:28: toolchain.1: must be name@version'],
    ['{secrets: [npm-token]}', '2:17: secrets.0: must be 1 to 64 of A-Z'],
    ['{secrets: [{nam: X}]}', '2:17: secrets.0.name: is missing; it must be text'],
    ['{secrets: [5]}', '2:17: secrets.0: must be text or a map, not the number 5'],
    ['{secrets: [A, A]}', '2:16: secrets: must not repeat a secret'],
    ['{artifacts: 5}', '2:18: artifacts: must be text or a list, not the number 5'],
    ['{artifacts: []}', '2:18: artifacts: must not be empty'],
    ['{artifacts: [{paths: ../x}]}', '2:27: artifacts.0.paths: must be a path inside the tree, without ..'],
    [
      '{artifacts: [{paths: [a, /b]}]}',
      '2:31: artifacts.0.paths.1: must be a path inside the tree, without ..',
    ],
    ['{artifacts: [{root: x}]}', '2:19: artifacts.0.paths: is missing; it must be text or a list'],
    [
      '{artifacts: [{paths: x, format: zpi}]}',
      "2:38: artifacts.0.format: must be zip, tar.gz or file; did you mean 'zip'?",
    ],
    ['{artifacts: "!x"}', '2:18: artifacts: must begin with what to choose'],
    [
      '{artifacts: [{paths: ["!dist/.env", dist]}]}',
      '2:27: artifacts.0.paths: must begin with what to choose',
    ],
    ['{artifacts: [{paths: [dist, "!"]}]}', '2:34: artifacts.0.paths.1: must name a file or a folder'],
    ['{artifacts: [{paths: [dist, "!../x"]}]}', '2:34: artifacts.0.paths.1: must be a path inside the tree'],
    ['{cache: {key: a, paths: ["!node_modules"]}}', '2:30: cache.paths: must begin with what to choose'],
    [
      '{cache: {key: ../a, paths: x}}',
      "2:14: cache.0.key.0: leads out of the source: the context '.' is 0 folders",
    ],
    [
      '{context: a/b, cache: {key: [x, "!../../../a"], paths: x}}',
      "2:28: cache.0.key.1: leads out of the source: the context 'a/b' is 2 folders below its root",
    ],
    ['{cache: {key: a/../../b, paths: x}}', '2:20: cache.key: must be a path in the source'],
    ['{cache: {key: a}}', '2:14: cache.paths: is missing; it must be text or a list'],
    ['{cache: [{key: a, paths: /tmp}]}', '2:31: cache.0.paths: must be a path below the context'],
    ['{matrix: {Erlang: ["26"]}}', '2:16: matrix.Erlang: must be 1 to 31 of a-z'],
    ['{matrix: {a: [b, {}]}}', '2:23: matrix.a.1: must be text, a number or true or false, not a map'],
    ['{matrix: {a: [b, b]}}', '2:15: matrix: must not repeat a value of an axis'],
    ['{env: {SOURCE_DATE_EPOCH: today}}', '2:32: env.SOURCE_DATE_EPOCH: must be whole seconds since 1970'],
    [
      '{dockerfile: D, build_args: {SOURCE_DATE_EPOCH: "1.5"}}',
      '2:54: build_args.SOURCE_DATE_EPOCH: must be whole seconds since 1970',
    ],
    ['{timeout: 9h}', '2:16: timeout: must be at most 8 hours'],
    ['{timeout: 0}', '2:16: timeout: must be more than 0'],
    ['{timeout: 1.5}', '2:16: timeout: must be a whole number, not the number 1.5'],
    ['{timeout: soon}', '2:16: timeout: must be a number of seconds or such as 90s, 15m, 2h'],
    ['{timeout: [5m]}', '2:16: timeout: must be a number or text, not a list'],
    ['{resources: {architecture: arm}}', '2:33: resources.architecture: must be arm64 or x86_64'],
    ['{resources: {compute: lambda-3gb}}', '2:28: resources.compute: must be small, medium'],
  ])('%s', (fields, expected) => {
    expect(ofService(fields)[0]).toContain(`staithe.yaml:${expected}`);
  });
});

describe('fields that contradict each other', () => {
  test.each([
    ['{image: acme/a}', '2:14: image: needs a dockerfile in the service'],
    ['{build_args: {A: b}}', '2:19: build_args: needs a dockerfile in the service'],
    ['{dockerfile: D, resources: {compute: lambda-2gb}}', '2:43: resources.compute: has no Docker'],
    [
      '{timeout: 16m, resources: {compute: lambda-2gb}}',
      '2:42: resources.compute: ends a job after 15 minutes',
    ],
    ['{env: {TOKEN: x}, secrets: [OTHER, TOKEN]}', "2:41: secrets.1: 'TOKEN' is a variable in env too"],
  ])('%s', (fields, expected) => {
    expect(ofService(fields)).toEqual([expect.stringContaining(`staithe.yaml:${expected}`)]);
  });

  test.each([
    [
      'registry: none\nservices: {a: {dockerfile: D, image: x}}',
      '2:38: services.a.image: specifies where to push',
    ],
    [
      'registry: {host: docker.io}\nservices: {a: {dockerfile: D, image: ghcr.io/x}}',
      '2:38: services.a.image: has the host ghcr.io, but the registry is docker.io',
    ],
    ['services: {a: {}}\nregistry: nativ', "2:11: registry: must be native or none; did you mean 'native'?"],
    ['services: {a: {}}\nregistry: {hots: x}', '2:11: registry.host: is missing; it must be text'],
    ['services: {a: }', '1:15: services.a: is empty; write {} for a map without fields'],
    ['service: {a: {}}', "1:1: service: is not a known field; did you mean 'services'?"],
  ])('%s', (text, expected) => {
    expect(complaints(text).join('\n')).toContain(`staithe.yaml:${expected}`);
  });

  test('of a fleet, a registry of one’s own and an image that belongs there are none', () => {
    const text =
      'registry: {host: "registry.example.com:5000"}\nservices: {a: {dockerfile: D, image: registry.example.com:5000/a/b, timeout: 2h, resources: {compute: "fleet:big"}}}';

    expect(parse(text).manifest.services.a?.image).toBe('registry.example.com:5000/a/b');
  });
});

describe('what is written in a way that others read otherwise', () => {
  test.each([
    [
      'services: {a: {matrix: {v: [3.10]}}}',
      '1:29: services.a.matrix.v.0: is read as the number 3.1; write "3.10" in quotes',
    ],
    ['services: {a: {timeout: 0x10}}', '1:25: services.a.timeout: is read as the number 16'],
    ['services: {a: {timeout: 1e2}}', '1:25: services.a.timeout: is read as the number 100'],
    ['services: {a: {}}\nfail_fast: True', '2:12: fail_fast: is read as true'],
    ['services:\n  a: {}\n  a: {}', '3:3: services.a: is a duplicate; the first one is in line 2'],
    ['services: {a: {env: {K: x, K: y}}}', '1:28: services.a.env.K: is a duplicate'],
    ['x: &x {context: a}\nservices: {a: {<<: *x}}', '2:16: services.a.<<: is a merge key'],
    ['services: {a: {context: !path x}}', '1:31: services.a.context: has the tag !path'],
    ['services: {a: {context: "a\\0b"}}', '1:25: services.a.context: contains a NUL character'],
    ['services: {a: {context: "\\ud800"}}', '1:25: services.a.context: contains a lone surrogate'],
    ['services: {a: {commands: *later}}', '1:26: the manifest: has no anchor &later before this alias'],
    ['services: &s {a: *s}', '1:18: the manifest: has the alias *s inside its own value'],
    ['%YAML 1.1\n---\nservices: {a: {}}', '1:1: the manifest: is declared as YAML 1.1'],
    ['services: {a: {__proto__: {}}}', '1:16: services.a.__proto__: is a reserved name'],
    [`services: {a: ${'['.repeat(40)}${']'.repeat(40)}}`, 'the manifest: is nested more than 32 levels deep'],
    [`${'- '.repeat(3000)}a: 1\n  b: 2\n`, 'the manifest: is nested too deeply'],
  ])('%.60s', (text, expected) => {
    expect(complaints(text).join('\n')).toContain(expected);
  });

  test('is told at the place where it is written, also when an alias brings it elsewhere', () => {
    const lines = complaints('services:\n  a: &a\n    timeout: 9h\n  b: *a\n');

    expect(lines).toEqual([
      'staithe.yaml:3:14: services.a.timeout: must be at most 8 hours',
      'staithe.yaml:3:14: services.b.timeout: must be at most 8 hours',
    ]);
  });

  test('is told in the order of the text, twenty of many', () => {
    const fields = Array.from({ length: 50 }, (_, n) => `    x${n}: 1`).join('\n');
    const lines = complaints(`services:\n  a:\n${fields}\n`);

    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('and 30 more mistakes');
    expect(lines.slice(0, 20).map((line) => Number(line.split(':')[1]))).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 3),
    );
  });
});

test('a toolchain that no machine of CodeBuild has is a doubt and no mistake', () => {
  const { warnings } = inspect(
    'services:\n  a: {toolchain: [node@24, elixir@1.18], matrix: {erlang: ["26"]}}\n  b: {toolchain: rust@1, resources: {compute: fleet:own}}\n',
  );

  expect(warnings.map(({ line, column, field }) => [line, column, field])).toEqual([
    [2, 18, 'services.a.toolchain'],
    [2, 59, 'services.a.matrix.erlang'],
  ]);
  expect(warnings[0]?.reason).toContain('the images of AWS CodeBuild do not have elixir');
});

describe('a mistake in an environment is told where it is written', () => {
  const TARGET = 'target: {kind: lambda, function_name: shop}';

  test.each([
    ['{approvals: 2}', 'environments.a.target: is missing; it must be a map'],
    [
      `{${TARGET}, aproval: {required: 2}}`,
      "environments.a.aproval: is not a known field; did you mean 'approvals'?",
    ],
    [`{${TARGET}, soak: 30m}`, 'environments.a.soak: has no effect without `after`'],
    [`{${TARGET}, soak: soon}`, 'environments.a.soak: must be a number of seconds or such as'],
    [`{${TARGET}, after: [b], soak: 90d}`, 'environments.a.soak: '],
    [`{${TARGET}, approvals: {required: 1, expires: 5s}}`, 'environments.a.approvals.expires: '],
    [`{${TARGET}, freeze: [weekend]}`, 'environments.a.freeze.0: must be such as fri 16:00..mon 08:00'],
    [`{${TARGET}, freeze: ["fri 16:00..mon 08:00 Europe/Atlantis"]}`, 'environments.a.freeze.0: '],
    ['{target: {kind: lambda, function_name: shop, timeout: 2h}}', 'environments.a.target.timeout: '],
    [
      '{target: {kind: lambda, function_name: shop, steps: [{percent: 10, bake: 5d}]}}',
      'environments.a.target.steps.0.bake: ',
    ],
    [`{${TARGET}, after: [a]}`, 'environments.a.after: must not lead back'],
  ])('%s', (environment, said) => {
    const lines = complaints(`services: {a: {}}\nenvironments: {a: ${environment}}\n`);

    expect(lines.join('\n')).toContain(said);
  });
});

describe('a field that does nothing yet is refused, with what to do instead', () => {
  test.each([
    ['pipelines: {main: {steps: []}}', 'staithe build create'],
    ['pipelines:', 'staithe build create'],
  ])('%s', (field, instead) => {
    const [line] = complaints(`services: {a: {}}\n${field}\n`);

    expect(line).toContain(
      `staithe.yaml:2:1: ${field.split(':')[0]}: is not supported yet, and would have no effect`,
    );
    expect(line).toContain(instead);
  });
});

describe('a toolchain that is not known', () => {
  test.each([
    ['nodejs@24', "'nodejs' is not a known toolchain; did you mean 'node'?"],
    ['pyhton@3', "did you mean 'python'?"],
    ['cobol@85', 'known are node, python'],
    ['node@lts', 'must be name@version, such as node@24, the version in digits'],
    [
      '[node@20, node@22]',
      'must not repeat a toolchain; several versions are an axis of matrix with its name',
    ],
  ])('%s', (toolchain, expected) => {
    expect(ofService(`{toolchain: ${toolchain}}`).join('\n')).toContain(expected);
  });
});
