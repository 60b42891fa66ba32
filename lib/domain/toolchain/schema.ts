/**
 * Toolchains that a service can ask for: how a machine's version is read, and what commands find it by. A version is
 * asked for in part or whole: `20` is met by 20.11.1, and `3.1` not by 3.10.
 */
import * as z from 'zod';
import type { MatrixCell } from '../matrix.ts';

interface Entry {
  /** Prints the version, on either output. */
  readonly probe: readonly [command: string, ...arguments: string[]];
  /** Its first group is the version. */
  readonly version: RegExp;
  /** Whether the EC2 images of CodeBuild have it (user guide, "Available runtimes"). */
  readonly onCodeBuild?: true;
  /** Other names by which people know it. */
  readonly alias?: readonly string[];
}

/** The full version of Erlang stands in a file of the release ("Erlang System Principles", "OTP version"). */
const OTP_VERSION =
  '{ok,V}=file:read_file(filename:join([code:root_dir(),"releases",erlang:system_info(otp_release),"OTP_VERSION"])),io:format("~s~n",[V]),halt().';

const DOTTED = /(\d+(?:\.\d+)+)/;

export const TOOLCHAINS = {
  node: { probe: ['node', '--version'], version: /v(\d+(?:\.\d+)+)/, onCodeBuild: true, alias: ['nodejs'] },
  python: {
    probe: ['python3', '--version'],
    version: /Python (\d+(?:\.\d+)+)/,
    onCodeBuild: true,
    alias: ['python3'],
  },
  go: { probe: ['go', 'version'], version: /go(\d+(?:\.\d+)+)/, onCodeBuild: true, alias: ['golang'] },
  // 1.8.0_402 is what Java 8 calls itself.
  java: {
    probe: ['java', '-version'],
    version: /version "(?:1\.(?=8))?([\d._]+)/,
    onCodeBuild: true,
    alias: ['jdk', 'openjdk', 'corretto'],
  },
  ruby: { probe: ['ruby', '--version'], version: /ruby (\d+(?:\.\d+)+)/, onCodeBuild: true },
  php: { probe: ['php', '--version'], version: /PHP (\d+(?:\.\d+)+)/, onCodeBuild: true },
  dotnet: { probe: ['dotnet', '--version'], version: DOTTED, onCodeBuild: true },
  rust: { probe: ['rustc', '--version'], version: /rustc (\d+(?:\.\d+)+)/, alias: ['cargo', 'rustc'] },
  erlang: { probe: ['erl', '-noshell', '-eval', OTP_VERSION], version: /(\d+(?:\.\d+)*)/, alias: ['otp'] },
  elixir: { probe: ['elixir', '--version'], version: /Elixir (\d+(?:\.\d+)+)/ },
  deno: { probe: ['deno', '--version'], version: /deno (\d+(?:\.\d+)+)/ },
  bun: { probe: ['bun', '--version'], version: DOTTED },
  gcc: { probe: ['gcc', '-dumpfullversion'], version: DOTTED, alias: ['c'] },
  clang: { probe: ['clang', '--version'], version: /version (\d+(?:\.\d+)+)/ },
  swift: { probe: ['swift', '--version'], version: /Swift version (\d+(?:\.\d+)+)/ },
  perl: { probe: ['perl', '-v'], version: /\(v(\d+(?:\.\d+)+)\)/ },
} as const satisfies Record<string, Entry>;
export type ToolchainName = keyof typeof TOOLCHAINS;

export const TOOLCHAIN_NAMES: readonly string[] = Object.keys(TOOLCHAINS);

export function entryOf(name: string): Entry | undefined {
  return Object.hasOwn(TOOLCHAINS, name) ? TOOLCHAINS[name as ToolchainName] : undefined;
}

/** The name that is known, of one that is not. */
export function nameByAlias(name: string): string | undefined {
  return TOOLCHAIN_NAMES.find((known) => entryOf(known)?.alias?.includes(name));
}

/** A toolchain of a job: the version as it was asked for. */
export const JobToolchain = z.object({ name: z.string(), version: z.string() });
export type JobToolchain = z.infer<typeof JobToolchain>;

/** What a cell asks for, by name. An axis of a toolchain's name holds its versions. */
export function toolchainsOf(asked: readonly string[], cell: MatrixCell): JobToolchain[] {
  const versions = new Map(asked.map((each) => each.split('@') as [string, string]));
  for (const [axis, value] of Object.entries(cell))
    if (entryOf(axis) !== undefined) versions.set(axis, value);
  return [...versions]
    .map(([name, version]) => ({ name, version }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a version is the one that was asked for, which may leave its last parts out. */
export function satisfies(version: string, asked: string): boolean {
  const parts = (text: string) => text.split(/[._+-]/);
  const has = parts(version);
  return parts(asked).every((part, at) => part === has[at]);
}

/** By their numbers, from the first part on. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/\D+/).map(Number));
  const most = Math.max(left?.length ?? 0, right?.length ?? 0);
  for (let at = 0; at < most; at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
