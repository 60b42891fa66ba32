/** Commands that a machine can get ready for before its build is there: `node <file>.cjs`, as the build's first. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Buildspec, COMMAND_PHASES } from './buildspec.ts';
import { NODE_FOLDER } from './sandbox.ts';

/** A command without anything that a shell would read in another way than as words. */
const NODE_COMMAND = /^node ((?:\.\/)?[\w.-]+(?:\/[\w.-]+)*\.cjs)((?: [\w./=:@,-]+)*)$/;

export interface WarmCommand {
  /** As the buildspec has it. */
  readonly command: string;
  /** The program, relative to the source's folder. */
  readonly file: string;
  readonly args: readonly string[];
}

/** The first command of a build, if a Node can be started for it beforehand. */
export function warmCommand(buildspec: Buildspec): WarmCommand | undefined {
  for (const name of COMMAND_PHASES) {
    const phase = buildspec.phases[name];
    const first = phase?.commands[0] ?? phase?.finally[0];
    if (first === undefined) continue;
    const [, file, args = ''] = NODE_COMMAND.exec(first) ?? [];
    if (file === undefined || file.split('/').includes('..')) return undefined;
    return { command: first, file, args: args.split(' ').filter(Boolean) };
  }
  return undefined;
}

/** Variables that a program reads when it starts: Node's, the loader's, and those of language and time. */
const READ_AT_START = /^(NODE_|UV_|V8_|LD_|MALLOC_|GLIBC_|OPENSSL_|SSL_|ICU_|LC_|LANG|TZ$|PATH$)/;

/** Whether a Node that was started with `began` would have come up the same with `environment`. */
export function startsAlike(
  began: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): boolean {
  const names = new Set([...Object.keys(began), ...Object.keys(environment)]);
  return [...names].every((name) => !READ_AT_START.test(name) || began[name] === environment[name]);
}

/** The Node that `PATH` of a build finds first. */
export const NODE = join(NODE_FOLDER, 'node');

const WARM_NODE = fileURLToPath(new URL('./warm-node.cjs', import.meta.url));

/**
 * The command that starts a Node which waits to run a program.
 * @param scripts the folder of host's files
 * @param file the program, as the build sees it
 */
export function readyNode(
  scripts: { readonly host: string; readonly inside: string },
  file: string,
  environment: Readonly<Record<string, string>>,
): string[] {
  const name = basename(WARM_NODE);
  copyFileSync(WARM_NODE, join(scripts.host, name));
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['/usr/bin/env', '-i', ...variables, NODE, join(scripts.inside, name), file];
}
