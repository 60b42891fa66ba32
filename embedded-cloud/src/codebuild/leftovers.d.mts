/** Processes that carry one of the marks, those of their process groups, and what these have started. */
export function markedProcesses(marks: readonly string[]): number[];
/** SIGKILL to all that are listed, until nothing is any more. */
export function endAll(list: () => number[]): Promise<void>;
/** Processes of control groups. */
export function groupedProcesses(folders: readonly string[]): number[];
export function signal(pid: number, name: NodeJS.Signals): void;
