/** The folders that one job works in, and what its commands see of the machine. */
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { JobFailure } from './failure.ts';
import { OutputPipes } from './pipes.ts';
import { toolHomes } from './toolchain/homes.ts';

export interface Workspace {
  readonly root: string;
  /** The unpacked source. */
  readonly tree: string;
  /** The source as it came. */
  readonly archive: string;
  /** Of a deployment: its artifact under its own name, the release, and what commands leave for others. */
  readonly deployment: string;
  /** What is packed for upload. */
  readonly out: string;
  readonly home: string;
  readonly temporary: string;
  readonly pipes: OutputPipes;
}

/**
 * Makes the folders. Where it can, the path is always the same one: programs write paths into what they build, and
 * the same source should give the same digest. A second job on the same machine gets a path of its own.
 */
export async function createWorkspace(): Promise<Workspace> {
  const fixed = join(tmpdir(), 'staithe-job');
  const root = await mkdir(fixed, { mode: 0o700 }).then(
    () => fixed,
    () => mkdtemp(join(tmpdir(), 'staithe-job-')),
  );
  const workspace = {
    root,
    tree: join(root, 'tree'),
    archive: join(root, 'source'),
    deployment: join(root, 'deployment'),
    out: join(root, 'out'),
    home: join(root, 'home'),
    temporary: join(root, 'tmp'),
    pipes: new OutputPipes(join(root, 'pipes')),
  };
  await Promise.all([workspace.out, workspace.home, workspace.temporary].map((folder) => mkdir(folder)));
  await writeRegistries(workspace.home);
  return workspace;
}

/**
 * Short names of images are Docker Hub's for buildah and podman too, as for Docker: Debian's have no registry for them, and
 * Fedora's ask. A file beside the machine's own settings, so that its mirrors stay (containers-registries.conf.d(5)).
 */
async function writeRegistries(home: string): Promise<void> {
  const folder = join(home, '.config', 'containers', 'registries.conf.d');
  await mkdir(folder, { recursive: true });
  const short = 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n';
  await writeFile(join(folder, 'docker-io.conf'), short);
}

export async function removeWorkspace(workspace: Workspace): Promise<void> {
  // A build may leave folders that nobody may write to (Go's module cache does): then the backend's disk is at an end soon anyway.
  await rm(workspace.root, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
}

/**
 * Where a machine has no network of its own, these say how programs get out: the proxy that curl, git, npm, pip, cargo,
 * Go and buildah read, Node's switch for the same, and the options by which Gradle's and Maven's own start does it.
 */
const NETWORK_VARIABLES = [
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'NODE_USE_ENV_PROXY'],
  ...['GRADLE_OPTS', 'MAVEN_OPTS'],
  // Certificates of what is on the way.
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT'],
  'CARGO_HTTP_CAINFO',
];

function networkVariables(): Record<string, string> {
  return Object.fromEntries(
    NETWORK_VARIABLES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * A clean environment: nothing of the agent's own (its ticket, the backend's AWS credentials) can leak, as only what
 * is named here is passed on. The home is the job's; tools of the machine are told where their own lies.
 */
export function commandEnvironment(
  workspace: Workspace,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: workspace.home,
    TMPDIR: workspace.temporary,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    // Zip and jar write local time.
    TZ: 'UTC',
    CI: 'true',
    ...networkVariables(),
    ...toolHomes(),
    ...variables,
  };
}

/** A command may remove the folder that the next one, or packing, needs. @throws JobFailure build_error */
export async function requireFolder(folder: string, context: string, step: string): Promise<void> {
  const isThere = await access(folder, constants.R_OK | constants.X_OK).then(
    async () => (await stat(folder)).isDirectory(),
    () => false,
  );
  if (isThere) return;
  throw new JobFailure({
    code: 'build_error',
    message: `The folder of the service, its context '${context}', cannot be opened: a command removed it, replaced it or changed its permissions.`,
    hint: 'Make the commands delete the contents of the folder, but not the folder itself.',
    step,
  });
}

/** @returns the folder that commands run in @throws JobFailure manifest_error */
export async function contextFolder(workspace: Workspace, context: string): Promise<string> {
  const folder = join(workspace.tree, context);
  const real = await realpath(folder).catch(() => undefined);
  const tree = await realpath(workspace.tree);
  const inside = real !== undefined && (real === tree || real.startsWith(tree + sep));
  if (inside && (await stat(real)).isDirectory()) return folder;
  const names = (await readdir(workspace.tree, { withFileTypes: true }))
    .map((child) => (child.isDirectory() ? `${child.name}/` : child.name))
    .sort()
    .slice(0, 20);
  throw new JobFailure({
    code: 'manifest_error',
    message: `The context '${context}' is not a folder of the source.`,
    hint: `Correct 'context' in staithe.yaml. The source has: ${names.join(', ') || 'nothing'}.`,
    step: 'prepare',
  });
}
