/** Claims on what `npm pack` makes: installed as its users install it, and used with the Nodes that they have. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundlePackage } from '../../lib/package/bundle.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../system/assembly.ts';
import { functionTree } from '../system/flow.ts';
import { type Staithe, sharedStaithe } from '../system/server.ts';

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd: string, env = process.env): Promise<Ended> {
  return new Promise((resolve) =>
    execFile(program, args, { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    ),
  );
}

/** The Node that the machine has beside that of the checkout: an older one, on most. */
const systemNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .filter((file) => existsSync(file))
  .slice(0, 1);

const NODES: (readonly [string, string])[] = [
  ['the Node of the checkout', process.execPath],
  ...systemNode.map((file) => ['the Node of the machine', file] as const),
];

let folder = '';
let staithe: Staithe;
const at = (name: string) => join(folder, name);
const program = () => join(at('prefix'), 'lib', 'node_modules', 'staithe');

/** The installed program, in a folder and a home that know nothing of a checkout. */
const use = (node: string, ...args: string[]): Promise<Ended> => useIn({}, node, ...args);

function useIn(env: Record<string, string>, node: string, ...args: string[]): Promise<Ended> {
  return run(node, [join(program(), 'bin', 'staithe.mjs'), ...args], at('work'), {
    PATH: '/usr/bin:/bin',
    HOME: at('home'),
    TMPDIR: folder,
    STAITHE_URL: staithe.url,
    STAITHE_TOKEN: staithe.adminToken,
    ...env,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'staithe-package-'));
  for (const name of ['work', 'home', 'package']) mkdirSync(at(name));
  for (const [name, content] of Object.entries(functionTree('hello')))
    writeFileSync(join(at('work'), name), content);
  for (const part of ['package.json', 'README.md', 'LICENSE', 'bin'])
    cpSync(join(ROOT, part), join(at('package'), part), { recursive: true });
  await bundlePackage(join(at('package'), 'dist'));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], at('package'));
  expect(packed.code, packed.stderr).toBe(0);
  const tarball = at(`staithe-${packageJson.version}.tgz`);
  // --offline: what it needs, it has.
  const install = [
    'install',
    '--global',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    at('prefix'),
    tarball,
  ];
  const installed = await run('npm', install, folder);
  expect(installed.code, installed.stderr).toBe(0);
  staithe = await sharedStaithe();
});
afterAll(async () => {
  await staithe?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test('the package has the program, its licence and what `staithe start` brings the rest from; nothing is installed with it', () => {
  expect(readdirSync(program()).sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
  expect(readdirSync(join(program(), 'bin'))).toEqual(['staithe.mjs']);
  expect(readdirSync(join(program(), 'dist'))).toEqual(
    expect.arrayContaining(['staithe.js', 'checkout.tar.gz']),
  );
  expect(packageJson).not.toHaveProperty('dependencies');
  expect(packageJson).not.toHaveProperty('optionalDependencies');
});

describe.each(NODES)('with %s', (_, node) => {
  test('it tells its version and its help', async () => {
    const version = await use(node, '--version');
    const help = await use(node, 'build', 'create', '--help');

    expect(version).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    // As it is typed here: npx would fetch a stranger's package.
    expect(help.stdout).toContain('\n  staithe build create');
  });

  test('it knows who asks, uploads a folder and builds it', async () => {
    const slug = `packed-${NODES.findIndex(([, one]) => one === node)}`;

    const me = await use(node, 'whoami', '--json');
    const project = await use(node, 'project', 'create', slug);
    const build = await use(node, 'build', 'create', '--project', slug, '--dir', '.', '--follow');

    expect(JSON.parse(me.stdout)).toMatchObject({ role: 'admin' });
    expect(project).toMatchObject({ code: 0 });
    expect(project.stderr).toContain(`next: staithe build create --project ${slug}`);
    expect(build, build.stderr).toMatchObject({ code: 0 });
  });
});

test('without a server it says how to start one, in its own words', async () => {
  const { code, stderr } = await run(
    process.execPath,
    [join(program(), 'bin', 'staithe.mjs'), 'whoami'],
    at('work'),
    {
      HOME: at('home'),
    },
  );

  expect(code).toBe(2);
  expect(stderr).toContain('next: Start one with `staithe start`');
});

test('where the rest cannot be brought, `staithe start` names the folder to choose', async () => {
  writeFileSync(at('file'), '');
  const env = { XDG_CACHE_HOME: join(at('file'), 'cache') };

  const { code, stderr } = await useIn(env, process.execPath, 'start');

  expect(code).toBe(1);
  expect(stderr).toContain('error: The dependencies of this command cannot be installed.');
  expect(stderr).toContain('next: Set XDG_CACHE_HOME to a writable folder');
});
