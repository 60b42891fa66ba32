/** What is known of a failure where it is seen. */
import type { Phase } from './phase.ts';

export interface Facts {
  readonly phase: Phase;
  readonly exit_code?: number | undefined;
  readonly signal?: string | undefined;
  /** The kernel killed a process of the job for want of memory meanwhile. */
  readonly out_of_memory?: boolean | undefined;
  /** The disk of the job has no room left. */
  readonly disk_full?: boolean | undefined;
  /** Seconds after which the job's time was up, when it was. */
  readonly timed_out_after?: number | undefined;
  /** Whose time that was: the service's own `timeout`, or what was left of its run's. */
  readonly time_of?: 'service' | 'run' | undefined;
  readonly cancelled?: boolean | undefined;
  readonly command?: string | undefined;
  /** The end of the output; 200 lines are enough for every tool known here. */
  readonly last_lines: readonly string[];
}
