import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareVersions, entryOf, satisfies } from '../../lib/domain/toolchain/schema.ts';
import { tarGz } from '../archive/craft.ts';
import { AgentBench } from './agent.ts';

const bench = new AgentBench();
beforeAll(() => bench.build());
afterAll(() => bench[Symbol.dispose]());

const SOURCE = tarGz({ name: 'package.json', content: '{}' });
const ALL = [{ paths: ['**'], root: '.', format: 'zip' as const }];

/** A machine's home with these programs in it. */
function machine(programs: Record<string, string>): { home: string; path: string } {
  const home = mkdtempSync(join(bench.root, 'machine-'));
  for (const [name, script] of Object.entries({ ...programs, 'bin/none': 'exit 1' })) {
    const file = join(home, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return { home, path: `${join(home, 'bin')}:/usr/bin:/bin` };
}

const node = (version: string) => `echo v${version}`;
const asking = (name: string, version: string, commands: string[] = [`${name} --version`]) => ({
  source: SOURCE,
  spec: { commands, artifacts: ALL, toolchains: [{ name, version }] },
});

describe('a job that asks for a toolchain', () => {
  test('runs with it when the machine’s version is the one', async () => {
    const { home, path } = machine({ 'bin/node': node('24.3.1') });

    const { exitCode, output } = await bench.run(asking('node', '24'), { PATH: path, HOME: home });

    expect(exitCode).toBe(0);
    expect(output).toContain('    toolchains: node 24.3.1\n');
  });

  test('fails with what the machine has when it is another, before any command', async () => {
    const { home, path } = machine({ 'bin/node': node('24.3.1') });

    const { plane, output } = await bench.run(asking('node', '20'), { PATH: path, HOME: home });

    expect(plane.result).toMatchObject({
      status: 'failed',
      error: {
        code: 'manifest_error',
        message: 'The service hello asks for node 20, and this machine has node 24.3.1.',
        hint: expect.stringContaining('toolchain: node@24'),
      },
    });
    expect(output).not.toContain('$ node');
  });

  test('fails when the machine has none', async () => {
    const { home, path } = machine({});

    const { plane } = await bench.run(asking('elixir', '1.18'), { PATH: path, HOME: home });

    expect(plane.result).toMatchObject({
      error: { code: 'manifest_error', message: expect.stringContaining('this machine has no elixir.') },
    });
  });

  test('gets the newest of what a version manager has installed, and its commands find it', async () => {
    const versions = Object.fromEntries(
      ['20.9.0', '20.11.1', '22.1.0'].map((each) => [`.nvm/versions/node/v${each}/bin/node`, node(each)]),
    );
    const { home, path } = machine({ 'bin/node': node('24.3.1'), ...versions });

    const { exitCode, output } = await bench.run(asking('node', '20'), { PATH: path, HOME: home });

    expect(exitCode).toBe(0);
    expect(output).toContain('    toolchains: node 20.11.1\n');
    expect(output).toContain('$ node --version\nv20.11.1\n');
  });

  test('gets a JDK and the variables that name it', async () => {
    const java = (version: string) => `echo 'openjdk version "${version}" 2026-01-20' >&2`;
    const { home, path } = machine({
      'bin/java': java('17.0.9'),
      '.sdkman/candidates/java/21.0.5-tem/bin/java': java('21.0.5'),
    });
    const scene = asking('java', '21', ['echo "at $JAVA_HOME"']);

    const { output } = await bench.run(scene, { PATH: path, HOME: home, JAVA_HOME: '/usr/lib/jvm/17' });

    expect(output).toContain(`at ${join(home, '.sdkman/candidates/java/21.0.5-tem')}\n`);
  });
});

/** As rustup's `cargo`: a shim that finds the real one below RUSTUP_HOME, which is ~/.rustup unless it is set. */
const SHIM =
  'test -n "$RUSTUP_HOME" || RUSTUP_HOME=$HOME/.rustup; exec "$RUSTUP_HOME/toolchains/stable/bin/cargo" "$@"';

describe('a tool that keeps itself in the machine’s home', () => {
  test.each([
    ['in its usual place', {}, '.rustup'],
    ['where its variable says', { RUSTUP_HOME: 'elsewhere' }, 'elsewhere'],
  ])('starts %s, while what it writes goes to the home of the job', async (_, variables, folder) => {
    const { home, path } = machine({
      'bin/cargo': SHIM,
      [`${folder}/toolchains/stable/bin/cargo`]:
        'test -n "$CARGO_HOME" || CARGO_HOME=$HOME/.cargo; echo "cargo runs; cache in $CARGO_HOME"',
    });
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, join(home, value)]),
    );

    const { exitCode, output } = await bench.run(
      { source: SOURCE, spec: { commands: ['cargo build'], artifacts: ALL } },
      { PATH: path, HOME: home, CARGO_HOME: join(home, '.cargo'), ...env },
    );

    expect(exitCode).toBe(0);
    expect(output).toMatch(/cargo runs; cache in \/.*staithe-job.*\/home\/\.cargo\n/);
  });
});

describe('versions', () => {
  test.each([
    ['20.11.1', '20', true],
    ['20.11.1', '20.11', true],
    ['20.11.1', '20.11.1', true],
    ['3.10.2', '3.1', false],
    ['20.11.1', '2', false],
    ['26', '26.2', false],
    ['1.2.3', '1.2.3-rc.1', false],
  ])('%s is what %s asks for: %s', (has, asked, expected) => {
    expect(satisfies(has, asked)).toBe(expected);
  });

  test('are ordered by their numbers', () => {
    expect(['3.9.18', '3.13.1', '3.10.2'].sort(compareVersions)).toEqual(['3.9.18', '3.10.2', '3.13.1']);
  });

  // As the programs print them.
  test.each([
    ['node', 'v22.12.0', '22.12.0'],
    ['python', 'Python 3.13.1', '3.13.1'],
    ['go', 'go version go1.23.4 linux/arm64', '1.23.4'],
    ['java', 'openjdk version "21.0.5" 2024-10-15 LTS', '21.0.5'],
    ['java', 'openjdk version "1.8.0_432"', '8.0_432'],
    ['java', 'openjdk version "25" 2025-09-16', '25'],
    ['ruby', 'ruby 3.4.1 (2024-12-25 revision 48d4efcb85) +PRISM [aarch64-linux]', '3.4.1'],
    ['php', 'PHP 8.3.15 (cli) (built: Dec 19 2024 15:13:24) (NTS)', '8.3.15'],
    ['dotnet', '8.0.404', '8.0.404'],
    ['rust', 'rustc 1.83.0 (90b35a623 2024-11-26)', '1.83.0'],
    ['erlang', '26.2.5.6', '26.2.5.6'],
    ['elixir', 'Erlang/OTP 26 [erts-14.2.5]\n\nElixir 1.18.1 (compiled with Erlang/OTP 26)', '1.18.1'],
    ['deno', 'deno 2.1.4 (stable, release, x86_64-unknown-linux-gnu)', '2.1.4'],
    ['bun', '1.1.42', '1.1.42'],
    ['gcc', '14.2.0', '14.2.0'],
    ['clang', 'Debian clang version 19.1.7 (3)', '19.1.7'],
    ['swift', 'Swift version 6.0.3 (swift-6.0.3-RELEASE)', '6.0.3'],
    ['perl', 'This is perl 5, version 40, subversion 1 (v5.40.1) built for x86_64-linux', '5.40.1'],
  ])('of %s are read from what it prints: %s', (name, printed, version) => {
    expect(entryOf(name)?.version.exec(printed)?.[1]).toBe(version);
  });
});
