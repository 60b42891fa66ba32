/** Where the log of what is deployed is. */
import type { FunctionLogs } from '../ports/function-logs.ts';
import type { Ports } from '../ports/index.ts';
import type { Target } from '../target/index.ts';

export type LogPorts = Pick<Ports, 'functionLogs' | 'processLogs'>;

export interface LogSource {
  readonly functionLogs: FunctionLogs;
  /** The function's, or the process's. */
  readonly functionName: string;
}

/** @returns undefined of what prints nothing */
export function logSourceOf({ functionLogs, processLogs }: LogPorts, target: Target): LogSource | undefined {
  switch (target.kind) {
    case 'lambda':
      return { functionLogs, functionName: target.function_name };
    case 'process':
      return { functionLogs: processLogs, functionName: target.name };
    case 'static':
    case 'command':
      return undefined;
  }
}
