/**
 * What a workflow tries again, how often, and after which pauses: the definitions in stepfunctions/ are filled from this
 * table at synthesis, and time budgets and messages read it. Which errors are meant stands in the definitions; the names
 * that a backend gives them, in lib/aws and throttling.ts.
 */

export interface Retries {
  /** The first pause at its longest: each is a random part of that, a half in the mean (full jitter). */
  readonly intervalSeconds?: number;
  /** By how much each pause is longer than the one before. */
  readonly rate?: number;
  /** No pause is longer. */
  readonly longestSeconds?: number;
  /** Tries after the first. */
  readonly attempts: number;
}

/**
 * Attempts at a job, and workflows of a run. Three: a machine that is lost once is bad luck, three times is a reason to look.
 */
export const MAX_ATTEMPTS = 3;

export const RETRIES = {
  /** What would be refused again. */
  never: { attempts: 0 },

  /**
   * The account's machines are all in use and their queue is full, or too many were started in this second. The pauses
   * grow to 21 minutes, as a build holds its machine for minutes.
   */
  noMachine: { intervalSeconds: 20, rate: 4, attempts: 4 },
  /** The same at a further attempt, of which a job may have two: the run has been slow already. */
  noMachineOnRetry: { intervalSeconds: 300, attempts: 1 },

  /**
   * A step of a job: an account's Lambda may be at its limit for as long. No more than two, as each try is three events of
   * a history that 256 jobs share (test/infrastructure/history.test.ts adds them up).
   */
  jobStep: { intervalSeconds: 3, rate: 10, attempts: 2 },

  /** The step that ends a fail_fast run: it has to be done, and nobody is waiting any more. */
  runEnd: { intervalSeconds: 1, rate: 4, attempts: 5 },
  /** The same where a quota of the account is used up, Lambda's concurrency among them. */
  runEndThrottled: { intervalSeconds: 2, rate: 2, longestSeconds: 30, attempts: 12 },

  /** A step of a deployment. What it has done, it skips. */
  deploymentStep: { intervalSeconds: 1, rate: 2, attempts: 4 },
  /**
   * The same where calls are throttled: all deployments of an account share 15 calls of Lambda's control plane a second,
   * and the SDK has retried for up to 15 s (lib/aws/functions).
   */
  deploymentThrottled: { intervalSeconds: 2, rate: 2, longestSeconds: 30, attempts: 20 },
  /** Taking a deployment back, which has to be done. */
  rollBack: { intervalSeconds: 1, rate: 2, attempts: 6 },

  /** A step of a delivery that reads and writes the table alone. */
  deliveryStep: { intervalSeconds: 1, rate: 2, attempts: 4 },
  /** Starting a delivery's build, whatever has failed. */
  deliveryBuild: { intervalSeconds: 1, rate: 2, attempts: 3 },
  /** The same through a git host's short outage. A rate limit is waited for by the workflow itself. */
  gitHostOutage: { intervalSeconds: 5, rate: 2, attempts: 4 },
} as const satisfies Record<string, Retries>;

/** The pauses before each further try, each at its longest, in seconds. */
export function pausesOf({ intervalSeconds = 0, rate = 1, longestSeconds, attempts }: Retries): number[] {
  return Array.from({ length: attempts }, (_, at) =>
    Math.min(intervalSeconds * rate ** at, longestSeconds ?? Number.POSITIVE_INFINITY),
  );
}

/** All pauses together, each at its longest. */
export const longestPausesSeconds = (retries: Retries): number =>
  pausesOf(retries).reduce((sum, seconds) => sum + seconds, 0);

/** What a task may take whose tries all run into their timeout, with the longest pauses between them. */
export const longestTaskSeconds = (retries: Retries, timeoutSeconds: number): number =>
  (retries.attempts + 1) * timeoutSeconds + longestPausesSeconds(retries);
