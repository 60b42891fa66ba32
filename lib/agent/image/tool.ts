/** Runs a builder's command lines as the service's own commands are run: in a process group, with output as it comes. */
import type { ClaimedJob } from '../../domain/execution/model/job.ts';
import { type ProcessGroups, runCommand } from '../command.ts';
import type { CommandEnd } from '../failure.ts';
import { say, Tail } from '../output.ts';
import type { Workspace } from '../workspace.ts';
import type { Builder } from './builder.ts';
import { builderEnvironment } from './find-builder.ts';

/** What a job's image needs of the job. */
export interface ToolWork {
  readonly claimed: ClaimedJob;
  readonly workspace: Workspace;
  readonly groups: ProcessGroups;
  readonly signal: AbortSignal;
  /** The end of what the present step printed, for a failure or a timeout. */
  tail: Tail;
}

/** @param quiet the log does not say what is run: tidying up is nobody's concern */
export async function runTool(
  work: ToolWork,
  builder: Builder,
  commandLine: readonly string[],
  { quiet = false }: { quiet?: boolean } = {},
): Promise<CommandEnd> {
  const { workspace, groups, signal } = work;
  const command = commandLine.map(quoted).join(' ');
  if (!quiet) {
    say(`$ ${command}`);
    work.tail = new Tail();
  }
  const tail = quiet ? new Tail() : work.tail;
  const env = builderEnvironment(workspace, builder);
  const silenced = quiet ? `${command} >/dev/null 2>&1` : command;
  const { root: folder, pipes } = workspace;
  return runCommand(silenced, { folder, env, groups, pipes, tail, signal });
}

/** An argument as the shell takes it back (POSIX.1-2017, 2.2.2 Single-Quotes). */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
