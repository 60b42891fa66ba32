/** Times and limits. Tests have others. */
export interface Settings {
  /** How replicas are kept apart; what this machine can do when it is not given. */
  readonly isolation?: 'bubblewrap' | 'plain';
  /** Until then a replica of a `web` group accepts connections, or it is ended. */
  readonly startMs: number;
  /** A replica of a `worker` group is ready when it has run for so long. */
  readonly steadyMs: number;
  /** A version that never served is given up after so many starts of one replica. */
  readonly starts: number;
  /** Before the second start, doubled with each one that follows. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** After so long without an end, the pauses begin anew. */
  readonly healthyMs: number;
  /** So long a replica that gets no more requests may answer those that it has. */
  readonly drainMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** The same when the cloud stops. */
  readonly stopMs: number;
}

export const SETTINGS: Settings = {
  startMs: 60_000,
  steadyMs: 1_000,
  starts: 3,
  pauseMs: 500,
  longestPauseMs: 30_000,
  healthyMs: 60_000,
  drainMs: 30_000,
  graceMs: 10_000,
  stopMs: 2_000,
};

/** @param ends how often it has ended in a row */
export const pauseAfter = (ends: number, { pauseMs, longestPauseMs }: Settings): number =>
  Math.min(longestPauseMs, pauseMs * 2 ** (ends - 1));
