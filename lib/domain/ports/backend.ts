/** The port of whatever executes jobs, as the reconciler asks it: the source of truth about machines. */

export interface BackendJob {
  /** What the backend calls it: a CodeBuild build's id. */
  readonly ref: string;
  /** Whether it still works or waits for a machine. */
  readonly active: boolean;
  /** When it was asked for; undefined of a machine that the backend knows no more. */
  readonly startedAt?: Date | undefined;
  /** How it ended, in the backend's words: SUCCEEDED, FAILED, TIMED_OUT … */
  readonly status: string;
  /** The log store's name of what it has printed, when there is something. */
  readonly logStream?: string | undefined;
  /** At which phase it failed, and why, in the backend's words. */
  readonly said?: string | undefined;
}

export interface Backend {
  /** The newest attempt of each job that an execution of the build workflow has handed over, by job id. */
  jobsOf(execution: string): Promise<ReadonlyMap<string, BackendJob>>;
  /** Ends it. One that has ended is no error. */
  stop(ref: string): Promise<void>;
}
