/** How much memory the processes of a sandbox have used at most. */
import { readFileSync } from 'node:fs';
import { descendants } from '../../codebuild/process-tree.ts';

/** @param pid the sandbox's own process. @returns kilobytes, of its descendants together; 0 where /proc does not tell */
export function peakMemory(pid: number): number {
  return descendants(pid).reduce((sum, each) => sum + peakOf(each), 0);
}

function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has just ended
  }
}
