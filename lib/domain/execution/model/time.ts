/**
 * The time budget of a run: how long its parts may take, and after which silence somebody looks. What the workflow takes
 * stands in stepfunctions/build.asl.yaml beside the state that takes it; test/infrastructure holds the sums.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** 8 hours in the queue: as long as the longest job before it may take. */
export const QUEUE_TIMEOUT_SECONDS = 8 * 3600;

/** Beyond the job's own timeout the agent has 10 minutes to unpack, pack, upload and report. */
export const TOKEN_GRACE_SECONDS = 10 * 60;

/** API Gateway gives a request 30 s ("Quotas for HTTP APIs"): what it has not started by then, it will not start. */
export const START_MS = 30 * SECOND_MS;

/** What the workflow may take from its last job's end to its own. */
export const FINISH_MS = MINUTE_MS;

/** An agent speaks every 20 s, and tries for a minute when nobody answers: three minutes of silence are none of its own. */
export const SILENCE_MS = 3 * MINUTE_MS;

/** A machine takes a job within a minute or two; after five it is worth asking whether there is one at all. */
export const PICKUP_MS = 5 * MINUTE_MS;

/**
 * What the workflow may take from a machine's end to the next attempt: its event, and the step that settles it, of three
 * tries of a minute at most with up to 3 and 30 s between them (build.asl.yaml): 213 s.
 */
export const RETRY_DUE_MS = 4 * MINUTE_MS;

/** Ten sweeps: a role that was just changed counts after seconds, a deployment of the stack replaces it within minutes. */
export const REFUSED_MS = 10 * MINUTE_MS;
