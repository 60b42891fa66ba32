/** The container tools of this machine, which store registry credentials. */
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure, usageFailure } from '../failure/failure.ts';
import { clean } from '../terminal/clean.ts';

export const TOOLS = ['docker', 'podman', 'buildah'] as const;
export type Tool = (typeof TOOLS)[number];

export interface Login {
  readonly registry: string;
  readonly username: string;
  readonly insecure: boolean;
}

const isInstalled = (tool: Tool): boolean => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;

/** The specified tool, or the first one installed. @throws Failure usage: not installed */
export function requireTool(named: Tool | undefined): Tool {
  const found = (named === undefined ? TOOLS : [named]).find(isInstalled);
  if (found !== undefined) return found;
  throw usageFailure(
    named === undefined ? `None of ${TOOLS.join(', ')} is installed.` : `${named} is not installed.`,
    named === undefined
      ? 'Install one of them, or print the password for another tool with --print.'
      : 'Install it, specify another one with --tool, or omit the option.',
  );
}

/** Docker accepts plain HTTP on loopback (dockerd docs, "Insecure registries"); the others need a flag. */
export function toolFlags(tool: Tool, { insecure }: Login): string[] {
  return insecure && tool !== 'docker' ? ['--tls-verify=false'] : [];
}

/** The login command. It reads the password from stdin: arguments are visible to other users of the machine. */
export function loginCommand(tool: Tool, login: Login): [string, ...string[]] {
  const flags = toolFlags(tool, login);
  return [tool, 'login', '--username', login.username, '--password-stdin', ...flags, login.registry];
}

/** @throws Failure with the output of the tool */
export async function logIn(tool: Tool, login: Login, password: string): Promise<void> {
  const [command, ...args] = loginCommand(tool, login);
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  child.stdin.on('error', () => undefined); // the tool ended before it read; its stderr has the reason
  child.stdin.end(password);
  const [code, output] = await Promise.all([ended, text(child.stderr)]);
  if (code === 0) return;
  throw new Failure(
    EXIT.failed,
    {
      code: 'login_failed',
      detail: `${tool} could not log in to ${login.registry}.`,
      remedy:
        'Fix the reported problem, choose another tool with --tool, or print the password with --print.',
    },
    {
      lines: output
        .trim()
        .split('\n')
        .slice(-10)
        .map((line) => `| ${clean(line)}`),
    },
  );
}
