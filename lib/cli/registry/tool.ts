/** The container tools of this machine, which keep what opens a registry. */
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { clean } from '../terminal/clean.ts';

export const TOOLS = ['docker', 'podman', 'buildah'] as const;
export type Tool = (typeof TOOLS)[number];

export interface Login {
  readonly registry: string;
  readonly username: string;
  readonly insecure: boolean;
}

const isHere = (tool: Tool): boolean => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;

/** The first that is installed. @throws Failure usage, when there is none, or not the one that is named */
export function chosenTool(named: Tool | undefined): Tool {
  const found = (named === undefined ? TOOLS : [named]).find(isHere);
  if (found !== undefined) return found;
  throw usageFailure(
    named === undefined ? `None of ${TOOLS.join(', ')} is installed.` : `${named} is not installed.`,
    named === undefined
      ? 'Install one of them, or take the password for another tool: --print.'
      : 'Name another one with --tool, or leave it out.',
  );
}

/** Docker takes plain HTTP on loopback without a word (docs: dockerd, "Insecure registries"); the others have to be told. */
export function toolFlags(tool: Tool, { insecure }: Login): string[] {
  return insecure && tool !== 'docker' ? ['--tls-verify=false'] : [];
}

/** What logs the tool in, with the password on its stdin: a word of a command would be seen by everybody. */
export function loginCommand(tool: Tool, login: Login): [string, ...string[]] {
  const flags = toolFlags(tool, login);
  return [tool, 'login', '--username', login.username, '--password-stdin', ...flags, login.registry];
}

/** @throws Failure with the tool's own words */
export async function logIn(tool: Tool, login: Login, password: string): Promise<void> {
  const [command, ...args] = loginCommand(tool, login);
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  child.stdin.on('error', () => undefined); // a tool that ends before it reads says why itself
  child.stdin.end(password);
  const [code, said] = await Promise.all([ended, text(child.stderr)]);
  if (code === 0) return;
  throw new Failure(
    EXIT.failed,
    {
      code: 'login_failed',
      detail: `${tool} did not log in to ${login.registry}.`,
      remedy:
        'Correct what it says, choose another one with --tool, or take the password for another tool: --print.',
    },
    {
      lines: said
        .trim()
        .split('\n')
        .slice(-10)
        .map((line) => `| ${clean(line)}`),
    },
  );
}
