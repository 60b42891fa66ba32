/** How long the job of a deployment may take beside its own time. */

/** An hour: for its turn in the project's queue, a machine, and attempts that are lost. */
export const JOB_WAIT_SECONDS = 3600;
