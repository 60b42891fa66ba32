/** Which of the tools works on this machine. */
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { JobFailure } from '../failure.ts';
import { commandEnvironment, type Workspace } from '../workspace.ts';
import { BUILDERS, type Builder } from './builder.ts';

/** A daemon that is there answers at once; one that is just starting may take some seconds. */
const PROBE_MS = 15_000;

/** How a machine says where its tools find their daemon and their store. Nothing of a user's login is among it. */
const MACHINE_VARIABLES = [
  ...['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'XDG_RUNTIME_DIR'],
  ...['STORAGE_DRIVER', 'CONTAINERS_STORAGE_CONF', 'BUILDAH_ISOLATION', '_CONTAINERS_USERNS_CONFIGURED'],
] as const;

/** What a tool sees: as commands do, without the service's variables and secrets; a Dockerfile gets its build args. */
export function builderEnvironment(workspace: Workspace, builder: Builder): Record<string, string> {
  const inherited = MACHINE_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return commandEnvironment(workspace, { ...Object.fromEntries(inherited), ...builder.env });
}

export interface FoundBuilder {
  readonly builder: Builder;
  /** What its version command says. */
  readonly version: string;
}

/** A machine of CodeBuild starts Docker's daemon beside the build; it takes seconds. */
const DAEMON_START_MS = 15_000;
const PAUSE_MS = 250;
const ABSENT = 'not installed';

/**
 * Tries each tool in its turn. Where none works and one is installed, its daemon may be starting: all are tried again.
 * @throws JobFailure that names each tool and what it said
 */
export async function findBuilder(workspace: Workspace, signal: AbortSignal): Promise<FoundBuilder> {
  const until = performance.now() + DAEMON_START_MS;
  for (;;) {
    const refusals: { name: string; text: string }[] = [];
    for (const builder of BUILDERS) {
      const said = await probe(builder, builderEnvironment(workspace, builder), signal);
      signal.throwIfAborted();
      if (said.works) return { builder: await variantHere(builder, workspace, signal), version: said.text };
      refusals.push({ name: builder.name, text: said.text });
    }
    if (performance.now() > until || refusals.every(({ text }) => text === ABSENT)) throw noBuilder(refusals);
    await delay(PAUSE_MS, undefined, { signal });
  }
}

async function variantHere(builder: Builder, workspace: Workspace, signal: AbortSignal): Promise<Builder> {
  if (builder.where === undefined) return builder;
  const [program = '', ...args] = builder.where.probe;
  const { output } = await run(program, args, builderEnvironment(workspace, builder), signal);
  return builder.where.says.test(output) ? builder.where.builder : builder;
}

function noBuilder(refusals: readonly { name: string; text: string }[]): JobFailure {
  const each = refusals.map(({ name, text }) => `${name} (${text})`).join(', ');
  return new JobFailure({
    code: 'build_error',
    message: `Nothing on this machine can build a container image. Tried: ${each}.`,
    hint: 'Install Docker or buildah on the build machine (Debian: apt-get install buildah) and rerun the build. On AWS, image jobs run on a machine with privileged mode, which has Docker: see resources.compute in staithe.yaml.',
    step: 'build image',
  });
}

async function probe(
  builder: Builder,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<{ works: boolean; text: string }> {
  let version = '';
  for (const [program = '', ...args] of builder.probes) {
    const { error, output } = await run(program, args, env, signal);
    const line = shownLine(output);
    if (error !== undefined) return { works: false, text: line === '' ? error : line };
    if (version === '') version = line;
  }
  return { works: true, text: version };
}

function run(program: string, args: readonly string[], env: Record<string, string>, signal: AbortSignal) {
  return new Promise<{ error: string | undefined; output: string }>((resolve) => {
    execFile(program, args, { env, signal, timeout: PROBE_MS }, (error, stdout, stderr) => {
      if (error === null) return resolve({ error: undefined, output: stdout });
      const absent = error.code === 'ENOENT';
      const text = absent
        ? 'not installed'
        : error.killed === true
          ? 'no answer in 15 seconds'
          : error.message;
      resolve({ error: text, output: absent ? '' : stderr || stdout });
    });
  });
}

/** The line that says most: an error's, or the first. */
function shownLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const said =
    lines.find((line) => /error|cannot|unknown command/i.test(line)) ?? lines.find((line) => line !== '');
  return (said ?? '').slice(0, 300);
}
