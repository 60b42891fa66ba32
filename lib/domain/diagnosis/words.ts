/** How a diagnosis speaks of what failed. */

import type { End } from './exit.ts';
import type { Facts } from './facts.ts';
import type { Phase } from './phase.ts';

const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  fetch: 'Fetching the source',
  clone: 'Cloning the source',
  unpack: 'Unpacking the source',
  prepare: 'Preparing the job',
  command: 'The command',
  image: 'Building the image',
  push: 'Pushing the image',
  pack: 'Packing the artifacts',
  upload: 'Uploading the artifacts',
  agent: 'The agent',
};

/** What failed: a command by its first line, else the phase. */
export function nameOf({ phase, command }: Facts): string {
  if (phase !== 'command' || command === undefined) return PHASE_NAMES[phase];
  const first = command.split('\n', 1)[0] ?? '';
  return `'${first.length > 80 || first !== command ? `${first.slice(0, 80)}…` : first}'`;
}

/** How it ended. */
export function inWords({ exit_code: exitCode, signal }: Facts): string {
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'failed' : `ended with exit code ${exitCode}`;
}

/** What to do when no tool has said what is wrong. */
export function hintOf(ends: readonly End[], phase: Phase): string {
  // POSIX.1-2017, 2.8.2: 127 is a command not found, 126 one that cannot be run.
  const inner = ends.at(-1) ?? {};
  if (phase === 'clone')
    return 'Check the address of the repository, and that it is public or the token may read it.';
  if (phase === 'push')
    return 'The registry did not accept the image. Rerun the build; if it keeps happening, check `registry` in staithe.yaml.';
  if (phase === 'fetch' || phase === 'unpack') return 'Upload the source again and build from it.';
  if (phase === 'prepare') return 'Correct staithe.yaml at the line in the message.';
  if (phase === 'upload' || phase === 'agent')
    return 'Rerun the build. If it fails in the same way, report it with the log.';
  if (inner.exitCode === 127)
    return 'A program was not found. Install it in an earlier command, add it to `toolchain`, or check its spelling.';
  if (inner.exitCode === 126)
    return 'A file is not executable. Run it through its interpreter, or chmod +x it.';
  if (ends.some((end) => end.signal === 'SIGKILL'))
    return 'The process was killed, often by the kernel because of insufficient memory. Try `resources.compute: large` in staithe.yaml.';
  if (ends.some((end) => end.signal === 'SIGSEGV'))
    return 'The program crashed (segmentation fault). It has a defect, or was built for another machine.';
  return 'Read the last lines above it. Run the same command in a clean checkout to reproduce the failure.';
}
