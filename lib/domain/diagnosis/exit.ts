/** How the program that really failed ended: the command itself, or what a wrapper (make, npm, a builder) says of its child. */
import { constants } from 'node:os';

export interface End {
  readonly exitCode?: number;
  /** `SIGKILL`. */
  readonly signal?: string;
  /** Who says in words that the child was killed: 137 alone may be a program's own exit status. */
  readonly reportedBy?: 'wrapper' | 'shell';
}

type Reading = readonly [line: RegExp, end: (found: RegExpExecArray) => End];

const exited = (group: number) => (found: RegExpExecArray) => ended(Number(found[group]));
const killed = (): End => ({ signal: 'SIGKILL', reportedBy: 'wrapper' });
const signalled = (group: number) => (found: RegExpExecArray) =>
  found[group] === 'SIGKILL' ? killed() : { signal: found[group] ?? '' };
const byNumber = (found: RegExpExecArray) => (found[1] === '9' ? killed() : ended(128 + Number(found[1])));

/** Lines in which a wrapper reports its child's end. The whole line is known, so a number in it is the exit status. */
const READINGS: readonly Reading[] = [
  [
    /^(?:ERROR: )?(?:failed to solve: )?process ".*" did not complete successfully: exit code: (\d+)/,
    exited(1),
  ],
  [/^(?:ERROR: )?(?:failed to solve[^[]*: )?executor failed running \[.*\]: exit code: (\d+)/, exited(1)],
  [/^The command '.*' returned a non-zero code: (\d+)$/, exited(1)],
  [/^Error: building at STEP ".*": (?:while running runtime: )?exit status (\d+)$/, exited(1)],
  [/^subprocess exited with status (\d+)$/, exited(1)],
  [/^subprocess exited on (killed)$/, killed],
  [/^subprocess exited on (aborted)$/, () => ({ signal: 'SIGABRT' })],
  [/^g?make(?:\[\d+\])?: \*\*\* \[.*\] Killed$/, killed],
  [/^g?make(?:\[\d+\])?: \*\*\* \[.*\] Error (\d+)$/, exited(1)],
  [/^npm (?:error|ERR!) signal (SIG[A-Z]+)$/, signalled(1)],
  [/^\s*ELIFECYCLE\s+Command failed with exit code (\d+)\.$/, exited(1)],
  [/^error Command failed with exit code (\d+)\.$/, exited(1)],
  [/^error Command failed with signal "(SIG[A-Z]+)"\.$/, signalled(1)],
  [/^(?:go build \S+: |go: )?\S*\/(?:compile|link|asm|cgo|vet): signal: killed$/, killed],
  [/^\s+process didn't exit successfully: .*\(signal: (\d+), SIG/, byNumber],
  [/^(?:\S*(?:gcc|g\+\+|c\+\+|cc|clang)(?:-\d+)?): fatal error: Killed signal terminated program /, killed],
  [/^collect2: fatal error: ld terminated with signal (\d+) /, byNumber],
  // The shell itself, of its child.
  [/^(?:\S+: (?:line )?\d+:\s+\d+ )?Killed(?:\s.*)?$/, () => ({ signal: 'SIGKILL', reportedBy: 'shell' })],
];

/** A shell says 128 + n for a child that signal n ended (POSIX.1-2017, 2.8.2). */
function ended(exitCode: number): End {
  const signal = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
  return signal === undefined ? { exitCode } : { exitCode, signal };
}

/** The command's own end, and those that wrappers tell of, the last first. */
export function endsOf(
  exit: { readonly exit_code?: number | undefined; readonly signal?: string | undefined },
  lines: readonly string[],
): End[] {
  const reported = lines.flatMap((line) => {
    for (const [pattern, end] of READINGS) {
      const found = pattern.exec(line);
      if (found !== null) return [end(found)];
    }
    return [];
  });
  const end = exit.signal !== undefined ? { signal: exit.signal } : ended(exit.exit_code ?? 0);
  return [end, ...reported.reverse()];
}
