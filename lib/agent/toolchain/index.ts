/** The toolchains of a job: those that the machine's path leads to, or others that it has installed. Never just any. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import type { Job } from '../../domain/execution/model/job.ts';
import { compareVersions, entryOf, type JobToolchain, satisfies } from '../../domain/toolchain/schema.ts';
import { JobFailure } from '../failure.ts';
import { type Installed, installedVersions } from './installed.ts';

/** A version is printed in a moment; an emulated JVM on a busy machine takes seconds. */
const PROBE_MS = 60_000;

interface ProbeContext {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface ChosenToolchains {
  /** The environment in which commands find them. */
  readonly env: Record<string, string>;
  /** `node 20.11.1` */
  readonly words: readonly string[];
}

/**
 * Makes sure that commands get the versions that the manifest names. Of several that are installed and fit, the newest.
 * @throws JobFailure manifest_error that says what the machine has
 */
export async function chooseToolchains(
  job: Pick<Job, 'service' | 'spec'>,
  { folder, env: base, signal }: ProbeContext,
): Promise<ChosenToolchains> {
  let env: Record<string, string> = { ...base };
  const words: string[] = [];
  for (const asked of job.spec.toolchains) {
    const { found, version } = await choose(job, asked, { folder, env, signal });
    env = found;
    words.push(`${asked.name} ${version}`);
  }
  return { env, words };
}

async function choose(
  { service }: Pick<Job, 'service'>,
  asked: JobToolchain,
  probing: ProbeContext,
): Promise<{ found: Record<string, string>; version: string }> {
  const { name, version: wanted } = asked;
  const first = await versionOn(name, probing);
  if (first !== undefined && satisfies(first, wanted)) return { found: { ...probing.env }, version: first };
  const others = installedVersions(name, probing.env).sort((a, b) => compareVersions(b.version, a.version));
  for (const other of others.filter(
    ({ version }) => satisfies(version, wanted) || satisfies(wanted, version),
  )) {
    const env = environmentWith(name, other, probing.env);
    // What it says itself counts, and not what its folder is called.
    const version = await versionOn(name, { ...probing, env });
    if (version !== undefined && satisfies(version, wanted)) return { found: env, version };
  }
  throw notInstalled(service, asked, first, others);
}

function environmentWith(
  name: string,
  { root }: Installed,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...env,
    PATH: [join(root, 'bin'), env.PATH].filter(Boolean).join(delimiter),
    ...(name === 'java' && { JAVA_HOME: root, JDK_HOME: root, JRE_HOME: root }),
  };
}

/** @returns undefined when the machine has no such toolchain, or one that does not say its version */
async function versionOn(name: string, { folder, env, signal }: ProbeContext): Promise<string | undefined> {
  const entry = entryOf(name);
  if (entry === undefined) return undefined;
  const [command, ...commandArguments] = entry.probe;
  const child = spawn(command, commandArguments, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROBE_MS,
    signal,
  });
  let printed = '';
  const read = (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(0, 4096);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  await new Promise<void>((resolve) => child.once('error', () => resolve()).once('close', () => resolve()));
  signal.throwIfAborted();
  return entry.version.exec(printed)?.[1];
}

function notInstalled(
  service: string,
  { name, version: wanted }: JobToolchain,
  first: string | undefined,
  others: readonly Installed[],
): JobFailure {
  const versions = [
    ...new Set([...(first === undefined ? [] : [first]), ...others.map(({ version }) => version)]),
  ];
  const [best, ...rest] = versions;
  const has =
    best === undefined
      ? `has no ${name}`
      : `has ${name} ${best}${rest.length === 0 ? '' : ` (and ${rest.slice(0, 10).join(', ')})`}`;
  return new JobFailure({
    code: 'manifest_error',
    message: `The service ${service} asks for ${name} ${wanted}, and this machine ${has}.`,
    hint:
      best === undefined
        ? `Leave '${name}' out of toolchain (and of the matrix) in staithe.yaml and install it in the commands, or build on a machine that has it: see resources.compute.`
        : `Ask for a version that is there in staithe.yaml (toolchain: ${name}@${best.split('.')[0]}), or install ${name} ${wanted} where builds run.`,
    step: 'prepare',
  });
}
