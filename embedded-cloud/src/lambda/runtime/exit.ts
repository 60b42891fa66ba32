/** The end of an execution environment's process. */
import type { ChildProcess } from 'node:child_process';

/** Until then the last lines of a process that has ended are read. */
const LAST_LINES_MS = 1_000;

/** What the function itself has started may keep its output open for ever: it does not keep the environment alive. */
export function letGo(child: ChildProcess): void {
  const timer = setTimeout(() => {
    for (const stream of child.stdio) stream?.destroy();
  }, LAST_LINES_MS);
  child.once('close', () => clearTimeout(timer));
}

/** As Lambda words it. */
export function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  const names: Partial<Record<NodeJS.Signals, string>> = {
    SIGKILL: 'killed',
    SIGABRT: 'aborted',
    SIGSEGV: 'segmentation fault',
  };
  if (signal) return `Runtime exited with error: signal: ${names[signal] ?? signal}`;
  return code
    ? `Runtime exited with error: exit status ${code}`
    : 'Runtime exited without providing a reason';
}
