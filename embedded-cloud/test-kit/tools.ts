/**
 * What some tests use and not every machine has. A test says `needs('buildah')` where others say nothing; where it is
 * absent the test is skipped, and the end of `npm test` says which tests, and why.
 *
 * As a program: prints the Debian packages of what is absent, for CI to install.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createLimits } from '../src/codebuild/limits.ts';
import { availableEngines } from '../src/dynamodb/programs.ts';

interface Tool {
  /** Where it comes from on Debian, for what can be installed. */
  readonly package?: string;
  /** Why a test is skipped without it. */
  readonly absent: string;
  isHere(): boolean;
}

const answers = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const isRoot = (): boolean => process.getuid?.() === 0;

const program = (name: string, debian: string, version = '--version'): Tool => ({
  package: debian,
  absent: `${name} is not installed`,
  isHere: () => answers(name, version),
});

const TOOLS = {
  bash: program('bash', 'bash'),
  bubblewrap: {
    package: 'bubblewrap',
    absent: 'bubblewrap is not installed, or may not make namespaces here',
    isHere: () => answers('bwrap', '--unshare-all', '--ro-bind', '/', '/', 'true'),
  },
  buildah: program('buildah', 'buildah'),
  cargo: { absent: 'cargo is not installed', isHere: () => answers('cargo', '--version') },
  busybox: program('busybox', 'busybox-static', '--help'),
  curl: program('curl', 'curl'),
  docker: {
    package: 'docker.io',
    absent: 'Docker is not installed, or its daemon does not run and only root may start one',
    isHere: () => answers('docker', 'version') || (isRoot() && answers('dockerd', '--version')),
  },
  'docker daemon': {
    absent: 'the daemon of Docker does not run',
    isHere: () => answers('docker', 'version'),
  },
  'docker-registry': program('docker-registry', 'docker-registry'),
  dynoxide: {
    absent: 'npm has @dynoxide for Linux on x64 only',
    isHere: () => availableEngines().includes('dynoxide'),
  },
  'dynamodb-local': {
    package: 'openjdk-17-jre-headless',
    absent: 'Java 17, which DynamoDB Local needs, is not installed',
    isHere: () => availableEngines().includes('dynamodb-local'),
  },
  'GNU tar': {
    package: 'tar',
    absent: 'tar is not that of GNU',
    isHere: () => answers('tar', '--sort=name', '--version'),
  },
  git: program('git', 'git'),
  javac: program('javac', 'default-jdk-headless'),
  jq: program('jq', 'jq'),
  python3: program('python3', 'python3'),
  ssh: program('ssh', 'openssh-client', '-V'),
  tar: program('tar', 'tar'),
  unzip: program('unzip', 'unzip', '-v'),
  wheel: {
    package: 'python3-setuptools python3-wheel',
    absent: 'no Python here has both setuptools and wheel',
    isHere: () =>
      ['python3', '/usr/bin/python3'].some((python) => answers(python, '-c', 'import setuptools, wheel')),
  },
  zip: program('zip', 'zip', '-v'),
  // What cannot be installed.
  '/proc': {
    absent: 'there is no /proc to look at processes',
    isHere: () => existsSync('/proc/self/cmdline'),
  },
  limits: {
    absent: 'nobody may limit the processes of a build here (no cgroup, no rlimit)',
    isHere() {
      const limits = createLimits(`probe-${process.pid}`);
      void limits.release();
      return limits.kind !== 'none';
    },
  },
  root: { absent: 'only root may', isHere: isRoot },
  'small disks': {
    absent: 'only root with the right to mount can make a small disk',
    isHere: () => isRoot() && answers('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'),
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

const found = new Map<ToolName, boolean>();

/** Whether this machine has all of these. */
export const has = (...names: readonly ToolName[]): boolean => names.every(isHere);

function isHere(name: ToolName): boolean {
  const known = found.get(name) ?? TOOLS[name].isHere();
  found.set(name, known);
  return known;
}

declare module 'vitest' {
  interface TaskMeta {
    /** Why it is skipped on this machine. */
    lacks?: string;
  }
}

/** Options of a test or a group of tests that only a machine with all of these can run. */
export function needs(...names: readonly ToolName[]): { skip: boolean; meta: { lacks?: string } } {
  const absent = names.filter((name) => !isHere(name)).map((name) => TOOLS[name].absent);
  return absent.length === 0 ? { skip: false, meta: {} } : { skip: true, meta: { lacks: absent.join('; ') } };
}

/** Options of tests that are skipped for a reason of their own; undefined when there is none. */
export function unless(lacks: string | undefined): ReturnType<typeof needs> {
  return lacks === undefined ? { skip: false, meta: {} } : { skip: true, meta: { lacks } };
}

/** For helpers that start a tool: what asks for them has not said `needs`. */
export function demand(...names: readonly ToolName[]): void {
  const { meta } = needs(...names);
  if (meta.lacks !== undefined)
    throw new Error(
      `${meta.lacks}. A test that uses it says needs('${names.join("', '")}') (test-kit/tools.ts).`,
    );
}

if (import.meta.main) {
  const packages = Object.values(TOOLS).flatMap((tool: Tool) =>
    tool.package !== undefined && !tool.isHere() ? [tool.package] : [],
  );
  process.stdout.write(`${packages.join(' ')}\n`);
}
