/** Every command that the documentation and `--help` show is run, against one server, in a scratch copy of the checkout. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GROUPS, SINGLES } from '../../lib/cli/groups.ts';
import { tarGz } from '../archive/craft.ts';
import { ROOT } from '../system/assembly.ts';
import { build, functionTree } from '../system/flow.ts';
import { type Staithe, startStaithe } from '../system/server.ts';
import { needs } from '../tools.ts';
import { pagesWithCommands, Rules, type ShellBlock, shellBlocksOf } from './shell-blocks.ts';

const blocksThatCannotRun = new Rules([
  [/\baws [a-z]|\boutput\(\)|\$\(output |cdk (bootstrap|destroy|diff)/, 'needs an AWS account'],
  [/examples\/image/, 'needs a builder of images; test/system/images.test.ts builds it'],
  [/git-host\.mjs|pushed/, 'needs a git host beside it; test/system/webhooks.test.ts has one'],
]);

const linesThatCannotRun = new Rules([
  [
    /^(npx staithe|staithe) (start|install)\b|\bnpm (start|test|ci|run|pack|install)\b/,
    'starts, tests or installs Staithe itself',
  ],
  [/^git (clone|pull)|^cd staithe/, 'fetches Staithe itself'],
  [/^npx (vitest|biome)/, 'checks Staithe itself'],
  [/^npx node .*notes\.ts/, 'test/docs/local-cloud.test.ts runs it'],
  [/^docker /, 'needs Docker and an image'],
  [/staithe login --url https:|example\.com/, 'names a server that is not there'],
  [/(project|secret) delete (?!.*--yes)/, 'asks at the terminal; test/cli answers it'],
]);

/** Commands of `--help` that end with another code than 0 here, and rightly. */
const OTHER_CODES: readonly (readonly [RegExp, code: number, reason: string])[] = [
  [/^staithe (build|run) cancel/, 5, 'the run has ended'],
  [/^staithe artifact delete/, 5, 'a release has it'],
  [/^staithe build run .*--failed/, 5, 'no job has failed'],
];

/** What takes things away comes last, so that the other examples find them. */
const TAKES_AWAY =
  /^staithe (artifact delete|secret delete|cache purge|environment delete|token revoke|logout)/;

let staithe: Staithe;
let folder = '';
let samples: ReadonlyMap<string, string> = new Map();

/** A real id for each that the documentation shows. */
async function makeSamples(project: string): Promise<Map<string, string>> {
  const { client } = staithe;
  const tree = functionTree('hello');
  const { buildId, runId, run } = await build(client, project, tree);
  expect(run, JSON.stringify(run.error)).toMatchObject({ status: 'completed' });
  const shown = await client.call('getBuild', { params: { build: buildId } });
  await client.call('putEnvironment', {
    params: { project, environment: 'sample' },
    body: { target: { kind: 'lambda', function_name: `${project}-sample` } },
  });
  const release = await client.call('createRelease', {
    params: { project },
    body: { build_id: buildId, version: '0.0.1' },
  });
  const deployment = await client.call('createDeployment', {
    params: { project, environment: 'sample' },
    body: { release: release.id },
  });
  const token = await client.call('createToken', { body: { role: 'viewer', project } });
  // Of an upload: an artifact that a release names cannot be deleted.
  const uploaded = /art_\w+/.exec(await cli(`artifact upload api.zip --project ${project} --json`))?.[0];
  const sent = await cli(`webhook send push.json --json`);
  return new Map(
    [
      runId,
      buildId,
      release.id,
      deployment.id,
      token.id,
      shown.source_id,
      ...run.job_ids,
      uploaded,
      /dlv_\w+/.exec(sent)?.[0],
    ]
      .filter((id) => id !== undefined && id !== null)
      .map((id) => [String(id).slice(0, 4), String(id)]),
  );
}

const WORDS: Readonly<Record<string, string>> = {
  '<build>': 'bld_',
  '<delivery>': 'dlv_',
  '<release>': 'rel_',
};

/** An id, or a word for one, that the documentation shows. */
const SHOWN_ID = /\b[a-z]{3}_(?:01JZX3V5N8Q2R4T6W8Y0A1B2C3|…)|<(?:build|delivery|release)>/;

/** The commands with real ids, and without what cannot run. */
function runnable(code: string): string {
  let lines = code
    .split('\n')
    .filter((line) => !linesThatCannotRun.matches(line.trim()))
    .join('\n')
    .replaceAll('/tmp/staithe-try', join(folder, 'try'));
  for (const [word, prefix] of Object.entries(WORDS))
    lines = lines.replaceAll(word, samples.get(prefix) ?? word);
  return lines.replaceAll(
    /\b([a-z]{3}_)(?:01JZX3V5N8Q2R4T6W8Y0A1B2C3|…)/g,
    (id, prefix: string) => samples.get(prefix) ?? id,
  );
}

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

async function bash(script: string): Promise<Ended> {
  const child = spawn('bash', ['-c', script], {
    cwd: join(folder, 'work'),
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOME: folder,
      TMPDIR: folder,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      TYPED: join(folder, 'typed'),
      STAITHE_URL: staithe.url,
      STAITHE_TOKEN: staithe.adminToken,
      STAITHE_WEBHOOK_SECRET: staithe.webhookSecret,
      URL: staithe.url,
      TOKEN: staithe.adminToken,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [code, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, said: `${stdout}${stderr}` };
}

async function cli(words: string): Promise<string> {
  return (await bash(`staithe ${words}`)).said;
}

function program(name: string, script: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(file, 0o755);
}

/** The checkout as far as commands name it, with files of the names that examples have. */
function makeScratch(): void {
  folder = mkdtempSync(join(tmpdir(), 'staithe-commands-'));
  for (const name of ['bin', 'work/services', 'work/.staithe', 'try'])
    mkdirSync(join(folder, name), { recursive: true });
  const work = join(folder, 'work');
  cpSync(join(ROOT, 'examples'), join(work, 'examples'), { recursive: true });
  const tree = {
    ...functionTree('hello'),
    'staithe.yaml': 'services:\n  web:\n    artifacts: index.mjs\n  api:\n    artifacts: index.mjs\n',
  };
  const push = {
    ref: 'refs/heads/main',
    after: 'ab'.repeat(20),
    repository: { full_name: 'nobody/nothing' },
  };
  const files: Record<string, string | Uint8Array> = {
    ...tree,
    'services/staithe.yaml': tree['staithe.yaml'],
    'hello.tar.gz': tarGz(...Object.entries(tree).map(([name, content]) => ({ name, content }))),
    'api.zip': 'PK of its own',
    'disk.img': 'a disk',
    'key.pem': 'a key that signs',
    'push.json': JSON.stringify(push),
    '.staithe/connection.json': JSON.stringify({ url: staithe.url, token: staithe.adminToken }),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(work, name), content);
  writeFileSync(join(folder, 'typed'), 'typed-at-the-terminal');
  // What a person would type comes from a file, anew for each command that asks.
  const run = `"${process.execPath}" --disable-warning=ExperimentalWarning "${join(ROOT, 'bin', 'staithe.ts')}" "$@"`;
  program('staithe', `if [ /dev/stdin -ef /dev/null ]; then exec ${run} < "$TYPED"; else exec ${run}; fi`);
  program(
    'npx',
    'if [ "$1" = staithe ]; then shift; exec staithe "$@"; fi\necho "npx $1 would ask the registry"; exit 97',
  );
}

beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe?.[Symbol.asyncDispose]());
beforeEach(makeScratch);
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Each page has projects of its own, as each begins with the same ones. */
const withOwnProjects = (code: string, page: string) =>
  code.replaceAll(
    /(--project |--function |project (?:create|update) |STAITHE_PROJECT=|\\?"project\\?":\\?")([a-z]+)/g,
    (_, before: string, slug: string) => `${before}${slug}-${page}`,
  );

const CREATED = /project create ([a-z-]+)/g;
const USED = /(?:--project |project update |STAITHE_PROJECT=)([a-z-]+)/g;
const slugsIn = (code: string, pattern: RegExp) =>
  [...code.matchAll(pattern)].flatMap(([, slug]) => slug ?? []);

/** The page as one script: variables of one block are there in the next. Before each block it says where that stands. */
const scriptOf = (blocks: readonly ShellBlock[], page: string) =>
  [
    'set -eo pipefail',
    ...blocks.map(
      (block) => `echo "@@ ${block.page}:${block.line}"\n${withOwnProjects(runnable(block.code), page)}`,
    ),
  ].join('\n');

const TOOLS = ['bash', 'curl', 'git', 'jq', 'python3'] as const;

describe('the commands of', needs(...TOOLS), () => {
  const pages = pagesWithCommands(ROOT).map((page) => {
    const all = shellBlocksOf(ROOT, page);
    const end =
      page === 'docs/cli.md' ? all.findIndex(({ code }) => code.startsWith('staithe ')) : all.length;
    return { page, blocks: all.slice(0, end).filter(({ code }) => !blocksThatCannotRun.matches(code)) };
  });

  test.each(pages.filter(({ blocks }) => blocks.length > 0))('$page run', async ({ page, blocks }) => {
    const own = page
      .replaceAll(/\W+/g, '-')
      .toLowerCase()
      .replace(/^docs-|-md$/g, '')
      .replace(/-md$/, '');
    if (blocks.some(({ code }) => SHOWN_ID.test(code))) {
      await staithe.client.call('createProject', { body: { slug: `samples-${own}` } });
      samples = await makeSamples(`samples-${own}`);
    }
    const script = scriptOf(blocks, own);
    const made = new Set(slugsIn(script, CREATED));
    for (const slug of new Set(slugsIn(script, USED)))
      if (!made.has(slug)) await staithe.client.call('createProject', { body: { slug } });

    const { code, said } = await bash(script);

    const where = said.split('@@ ').at(-1) ?? '';
    expect(
      code,
      `A command fails in ${where}\nCorrect it, or add a rule with its reason to ${import.meta.filename}.`,
    ).toBe(0);
  });
});

describe('the examples of', needs('bash'), () => {
  test('--help run', async () => {
    const commands = [
      ...(await Promise.all(GROUPS.map(async ({ load }) => (await load()).commands))).flat(),
      ...(await Promise.all(SINGLES.map(({ load }) => load()))),
    ];
    const all = commands.flatMap(({ examples }) => examples);
    const [first = '', ...rest] = all.filter((example) => runnable(example) !== '');
    expect(await bash(first)).toMatchObject({ code: 0 });
    samples = await makeSamples('hello');
    const rank = (line: string) =>
      line.startsWith('staithe project delete') ? 2 : TAKES_AWAY.test(line) ? 1 : 0;
    const ordered = rest.toSorted((a, b) => rank(a) - rank(b));

    const { said } = await bash(
      ordered
        .map(
          (example) =>
            `( ${runnable(example).replace('examples/hello ', 'examples/hello-function ')} ) 2>&1\necho "@@ $? ${example.replaceAll(/["$`\\]/g, '')}"`,
        )
        .join('\n'),
    );

    const ends = [...said.matchAll(/([\s\S]*?)@@ (\d+) (.*)\n/g)].map(([, output, code, example = '']) => {
      const wanted = OTHER_CODES.find(([pattern]) => pattern.test(example))?.[1] ?? 0;
      return { example, output, ok: Number(code) === wanted, code };
    });
    expect(ends.length).toBe(ordered.length);
    expect(
      ends.filter(({ ok }) => !ok),
      'These examples of --help (lib/cli/*/*.ts) fail.',
    ).toEqual([]);
  });
});

test('each reason not to run a command is still needed', () => {
  for (const page of pagesWithCommands(ROOT))
    for (const { code } of shellBlocksOf(ROOT, page)) runnable(code);

  expect([...blocksThatCannotRun.unused(), ...linesThatCannotRun.unused()]).toEqual([]);
});
