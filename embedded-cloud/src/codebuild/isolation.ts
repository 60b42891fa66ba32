/** How far this machine can keep builds apart from it: found out once, and told in a line where something is missing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDocker } from './docker.ts';
import { CONTAINERS, canBeRootless, isInstalled, privilegedPlain, rootful, rootless } from './privileged.ts';
import { bareBubblewrap, bubblewrap, type Folders, plain, type Sandbox } from './sandbox.ts';
import { machineToolchains } from './shown.ts';
import { userNamespace } from './user-namespace.ts';

export interface Isolation {
  /** `sandboxed`: builds see nothing of this machine and of its network. `none`: they are processes of its user. */
  readonly builds: 'sandboxed' | 'none';
  /** `rootless`: a build that makes images is sandboxed too. `none`: it may become root of this machine, or its user. */
  readonly imageBuilds: 'rootless' | 'none';
  /** What is not isolated, why, and what to do: a line each. */
  readonly warnings: readonly string[];
}

/** The sandboxes of this machine. */
export interface Sandboxes {
  readonly builds: Sandbox;
  /** Undefined where images cannot be made without power over this machine. */
  readonly rootless: Sandbox | undefined;
  /** What bubblewrap said when it was tried in vain. */
  readonly failure?: string;
  /** What of the machine builds could use and do not see, and why. */
  readonly hidden?: readonly string[];
}

let found: Promise<Sandboxes> | undefined;

/**
 * Tries, once in the life of this process, what works here.
 * @throws Error when it cannot be found out; the next who asks tries again
 */
export async function detectSandboxes(): Promise<Sandboxes> {
  found ??= detect(bubblewrap);
  try {
    return await found;
  } catch (error) {
    found = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Whether builds can be kept apart from this machine could not be found out: ${reason}. Nothing is built without knowing; see that the machine has memory, processes and room in ${tmpdir()} to spare, and try again.`,
      { cause: error },
    );
  }
}

/**
 * Builds are without a sandbox only where bubblewrap is not there or can set up no sandbox at all. What goes wrong with
 * all that this machine shows fails the builds, in its own words: it takes away no walls.
 */
export async function detect(sandbox: Sandbox): Promise<Sandboxes> {
  if (process.platform !== 'linux' || !isInstalled('bwrap')) return { builds: plain, rootless: undefined };
  // Side by side: each is as long as the start of two programs.
  const whole = failureOf(sandbox);
  const ofOwn = detectRootless();
  for (const tried of [whole, ofOwn]) tried.catch(() => undefined); // said below, unless there can be no sandbox at all
  const bare = await failureOf(bareBubblewrap);
  if (bare !== undefined) return { builds: plain, rootless: undefined, failure: bare };
  const { hidden } = machineToolchains();
  const failure = await whole;
  const own = await ofOwn;
  // Where all that this machine shows fails, its own failure says nothing of whether it could be set up.
  const usable = failure !== undefined || own?.failure === undefined;
  return {
    builds: sandbox,
    rootless: usable ? own?.sandbox : undefined,
    hidden,
    ...(failure !== undefined && { failure }),
  };
}

/** @returns the one in which images are made, if this machine has the means, and what went wrong when it was tried */
async function detectRootless(): Promise<{ sandbox: Sandbox; failure: string | undefined } | undefined> {
  if (!isInstalled('buildah') || !canBeRootless()) return undefined;
  const namespace = await userNamespace();
  if (namespace === undefined) return undefined;
  const sandbox = rootless(namespace);
  return { sandbox, failure: await failureOf(sandbox) };
}

/** Who names a daemon wants it to be used, if it answers. */
const choseDocker = (): boolean => (process.env.DOCKER_HOST ?? '') !== '';

/** @param sandboxes those that builds get, if it is not left to the machine */
export async function machineIsolation(sandboxes?: Sandboxes): Promise<Isolation> {
  const [{ builds, rootless: own, failure, hidden = [] }, docker] = await Promise.all([
    sandboxes ?? detectSandboxes(),
    findDocker(),
  ]);
  if (builds.kind === 'plain')
    return {
      builds: 'none',
      imageBuilds: 'none',
      warnings: [
        `Builds are not isolated: they run as processes of yours, with your files and your network. ${remedy(failure)}`,
      ],
    };
  const warnings = [...(failure === undefined ? [] : [failing(failure)]), ...hidden];
  if (own !== undefined && !choseDocker()) return { builds: 'sandboxed', imageBuilds: 'rootless', warnings };
  if (docker !== undefined || isInstalled('buildah')) warnings.push(imageWarning(docker));
  return { builds: 'sandboxed', imageBuilds: 'none', warnings };
}

const failing = (words: string): string =>
  `Builds will fail: their sandbox cannot show them what they need of this machine (${words}). Which files these are is in embedded-cloud/docs/reference.md, "What builds see of your machine".`;

/** What to do for a sandbox. @param failure what bubblewrap said */
export function remedy(failure: string | undefined): string {
  if (process.platform !== 'linux') return 'Run only builds that you trust, or run this in a Linux machine.';
  return isInstalled('bwrap')
    ? `bubblewrap cannot set a sandbox up here${failure ? ` (${failure})` : ''}. If it may not make user namespaces, allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns).`
    : 'Install bubblewrap (Debian, Ubuntu: apt install bubblewrap).';
}

function imageWarning(docker: string | undefined): string {
  const what =
    docker === undefined
      ? 'Builds of container images are not isolated'
      : "Builds of container images are not isolated: Docker's daemon gives them control over this machine";
  if (choseDocker()) return `${what}. Unset DOCKER_HOST to have them made by buildah without root.`;
  const missing = isInstalled('buildah')
    ? 'Give your user subordinate ids (apt install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535)'
    : 'Install buildah (apt install buildah uidmap)';
  return `${what}. ${missing} to have them made without root.`;
}

/** Where an image build of the moment runs. Asked for each time: a daemon may be started, or stopped, at any moment. */
export async function privilegedSandbox({ builds, rootless: own }: Sandboxes): Promise<Sandbox> {
  const docker = await findDocker();
  if (own !== undefined && !(choseDocker() && docker !== undefined)) return own;
  const asRoot = process.getuid?.() === 0;
  return builds.kind === 'plain' || (!asRoot && docker === undefined) ? privilegedPlain : rootful(docker);
}

/** A machine under load takes a second to start two programs. */
const PATIENCE_MS = 10_000;
/** A line or two. */
const WORDS_CHARACTERS = 500;

/**
 * Runs a program in it.
 * @returns what bubblewrap said when it could not be set up
 * @throws Error when it was not tried: no process, no folder, no answer in time
 */
async function failureOf(sandbox: Sandbox): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'codebuild-probe-'));
  try {
    const within = (name: string) => join(folder, name);
    const host: Folders = {
      output: within('output'),
      home: within('home'),
      temporary: within('tmp'),
      state: within('state'),
      scripts: within('scripts'),
    };
    for (const path of [...Object.values(host), within(CONTAINERS)]) {
      mkdirSync(path);
      if (sandbox.owner !== undefined) chownSync(path, sandbox.owner, sandbox.owner);
    }
    const [program = '', ...args] = sandbox.wrap(host, ['/bin/sh', '-c', 'echo >written']);
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'ignore', sandbox.descriptor ?? 'ignore'],
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    let words = '';
    child.stderr?.on('data', (some: Buffer) => {
      words = (words + some.toString()).slice(0, WORDS_CHARACTERS);
    });
    const [code, signal] = await once(child, 'close');
    return code === 0 ? undefined : words.trim() || `it ended with ${code ?? signal}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
