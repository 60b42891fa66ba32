/** Where the documentation's commands run: a copy of what they name, with `staithe` and `npx` on the PATH. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { demand } from 'embedded-cloud/test-kit/tools.ts';
import { expect } from 'vitest';
import { tarGz } from '../archive/craft.ts';
import { cliProgram } from '../cli/program.ts';
import { ROOT } from '../system/assembly.ts';
import { build, functionTree } from '../system/flow.ts';
import { putMissedSweep } from '../system/letters.ts';
import type { Staithe } from '../system/server.ts';

export type Samples = ReadonlyMap<string, string>;

const PROGRAM = await cliProgram();

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

function program(folder: string, name: string, script: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(file, 0o755);
}

/** The checkout as far as commands name it, with files of the names that examples have. */
function makeFolder(staithe: Staithe): string {
  const folder = mkdtempSync(join(tmpdir(), 'staithe-commands-'));
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
  const run = `"${process.execPath}" --disable-warning=ExperimentalWarning "${PROGRAM}" "$@"`;
  program(
    folder,
    'staithe',
    `if [ /dev/stdin -ef /dev/null ]; then exec ${run} < "$TYPED"; else exec ${run}; fi`,
  );
  program(
    folder,
    'npx',
    'if [ "$1" = staithe ]; then shift; exec staithe "$@"; fi\necho "npx $1 would ask the registry"; exit 97',
  );
  return folder;
}

/** A copy of the checkout in which commands run, against one server. */
export class Scratch implements Disposable {
  readonly staithe: Staithe;
  readonly folder: string;

  constructor(staithe: Staithe) {
    demand('bash');
    this.staithe = staithe;
    this.folder = makeFolder(staithe);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param script as a person would type it, in a folder of the checkout */
  async bash(script: string): Promise<Ended> {
    const { folder, staithe } = this;
    const child = spawn('bash', ['-c', script], {
      cwd: join(folder, 'work'),
      env: {
        PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
        HOME: folder,
        TMPDIR: folder,
        NODE_COMPILE_CACHE: join(dirname(PROGRAM), 'compiled'),
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

  async #sampleNotification(project: string) {
    const { client } = this.staithe;
    const target = { kind: 'webhook' as const, url: 'http://127.0.0.1:9/' };
    const { id: subscription } = await client.call('createSubscription', {
      body: { project, name: 'sample', events: ['Deletion Requested'], target },
    });
    return client.call('testSubscription', { params: { subscription } });
  }

  async #cli(words: string): Promise<string> {
    return (await this.bash(`staithe ${words}`)).said;
  }

  /** A real id for each that the documentation shows, by the beginning of its kind; a dead letter's begins as it likes. */
  async makeSamples(project: string): Promise<Samples> {
    const { client } = this.staithe;
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
    const notification = await this.#sampleNotification(project);
    // Of an upload: an artifact that a release names cannot be deleted.
    const uploaded = /art_\w+/.exec(
      await this.#cli(`artifact upload api.zip --project ${project} --json`),
    )?.[0];
    const sent = await this.#cli(`webhook send push.json --json`);
    const letter = await putMissedSweep(this.staithe);
    return new Map([
      ['letter', letter],
      ...[
        runId,
        buildId,
        release.id,
        deployment.id,
        token.id,
        notification.subscription_id,
        notification.id,
        shown.source_id,
        ...run.job_ids,
        uploaded,
        /dlv_\w+/.exec(sent)?.[0],
      ]
        .filter((id) => id !== undefined && id !== null)
        .map((id) => [String(id).slice(0, 4), String(id)] as const),
    ]);
  }
}
