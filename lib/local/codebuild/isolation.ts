/** How far this machine can keep builds apart from it: found out once, and told in a line where something is missing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDocker } from './docker.ts';
import { CONTAINERS, canBeRootless, isInstalled, privilegedPlain, rootful, rootless } from './privileged.ts';
import { bubblewrap, type Folders, plain, type Sandbox } from './sandbox.ts';
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
}

let found: Promise<Sandboxes> | undefined;

/** Tries, once in the life of this process, what works here. */
export function detectSandboxes(): Promise<Sandboxes> {
  found ??= detect();
  return found;
}

async function detect(): Promise<Sandboxes> {
  if (process.platform !== 'linux' || !isInstalled('bwrap')) return { builds: plain, rootless: undefined };
  const [works, own] = await Promise.all([canRun(bubblewrap), detectRootless()]);
  return works ? { builds: bubblewrap, rootless: own } : { builds: plain, rootless: undefined };
}

async function detectRootless(): Promise<Sandbox | undefined> {
  if (!isInstalled('buildah') || !canBeRootless()) return undefined;
  const namespace = await userNamespace();
  if (namespace === undefined) return undefined;
  const sandbox = rootless(namespace);
  return (await canRun(sandbox)) ? sandbox : undefined;
}

/** Who names a daemon wants it to be used, if it answers. */
const choseDocker = (): boolean => (process.env.DOCKER_HOST ?? '') !== '';

/** @param sandboxes those that builds get, if it is not left to the machine */
export async function machineIsolation(sandboxes?: Sandboxes): Promise<Isolation> {
  const [{ builds, rootless: own }, docker] = await Promise.all([
    sandboxes ?? detectSandboxes(),
    findDocker(),
  ]);
  if (builds.kind === 'plain')
    return {
      builds: 'none',
      imageBuilds: 'none',
      warnings: [
        `Builds are not isolated: they run as processes of yours, with your files and your network. ${remedy()}`,
      ],
    };
  if (own !== undefined && !choseDocker())
    return { builds: 'sandboxed', imageBuilds: 'rootless', warnings: [] };
  const possible = docker !== undefined || isInstalled('buildah');
  return { builds: 'sandboxed', imageBuilds: 'none', warnings: possible ? [imageWarning(docker)] : [] };
}

function remedy(): string {
  if (process.platform !== 'linux') return 'Run only builds that you trust, or run this in a Linux machine.';
  return isInstalled('bwrap')
    ? 'bubblewrap cannot make user namespaces here: allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns).'
    : 'Install bubblewrap (Debian, Ubuntu: apt install bubblewrap).';
}

function imageWarning(docker: string | undefined): string {
  const what =
    docker === undefined
      ? 'Builds of container images are not isolated'
      : "Builds of container images are not isolated: Docker's daemon gives them power over this machine";
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

/** Runs a program in it. False when it is not there or cannot make namespaces here. */
async function canRun(sandbox: Sandbox): Promise<boolean> {
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
      stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'ignore', sandbox.descriptor ?? 'ignore'],
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const [code] = await once(child, 'close');
    return code === 0;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
