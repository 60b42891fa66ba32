/** The time budget of a run: how long its parts may take, and after which silence somebody looks. */

import { MAX_TIMEOUT_SECONDS } from '../../manifest/values.ts';
import { longestPausesSeconds, longestTaskSeconds, MAX_ATTEMPTS, RETRIES } from '../../retries.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** 8 hours in the queue: as long as the longest job before it may take. */
export const QUEUE_TIMEOUT_SECONDS = 8 * 3600;

/** Beyond the job's own timeout the agent has 10 minutes to unpack, pack, upload and report. */
export const TOKEN_GRACE_SECONDS = 10 * 60;

/** An hour in the backend's own queue for machines. */
export const MACHINE_QUEUE_SECONDS = 3600;

/** 15 minutes above the job's own limit, which the agent keeps itself: the backend's is for an agent that hangs. */
export const MACHINE_GRACE_SECONDS = 15 * 60;

/** A step of the workflow reads and writes a few items: a minute is much. */
export const STEP_TIMEOUT_SECONDS = 60;

const STEP_SECONDS = longestTaskSeconds(RETRIES.jobStep, STEP_TIMEOUT_SECONDS);

/**
 * What the longest job may take: its turn in the project's queue, and each attempt with the wait for a machine, its own
 * time, and the step after it.
 */
export const LONGEST_JOB_SECONDS =
  QUEUE_TIMEOUT_SECONDS +
  longestPausesSeconds(RETRIES.noMachine) +
  (MAX_ATTEMPTS - 1) * longestPausesSeconds(RETRIES.noMachineOnRetry) +
  MAX_ATTEMPTS * (MACHINE_QUEUE_SECONDS + MAX_TIMEOUT_SECONDS + MACHINE_GRACE_SECONDS + STEP_SECONDS);

/** When the workflow itself is ended: 37 hours, the next whole one after the longest job. */
export const RUN_TIMEOUT_SECONDS = 3600 * Math.ceil(LONGEST_JOB_SECONDS / 3600);

/** API Gateway gives a request 30 s ("Quotas for HTTP APIs"): what it has not started by then, it will not start. */
export const START_MS = 30 * SECOND_MS;

/** What may pass between the end of a run's last job and its own: they are two writes of one request. */
export const FINISH_MS = MINUTE_MS;

/** An agent speaks every 20 s, and tries for a minute when nobody answers: three minutes of silence are none of its own. */
export const SILENCE_MS = 3 * MINUTE_MS;

/** A machine takes a job within a minute or two; after five it is worth asking whether there is one at all. */
export const PICKUP_MS = 5 * MINUTE_MS;

/** What the workflow may take from a machine's end to the next attempt: the step after it, of 213 s, and its event. */
export const RETRY_DUE_MS = Math.ceil(STEP_SECONDS / 60) * MINUTE_MS;

/**
 * What the workflow may take from a job's end to a machine for the next one: the pauses until there is one, and the step
 * that fails the job for want of one.
 */
export const NEXT_JOB_DUE_MS =
  Math.ceil((longestPausesSeconds(RETRIES.noMachine) + STEP_SECONDS) / 60) * MINUTE_MS;

/** Ten sweeps: a role that was just changed counts after seconds, a deployment of the stack replaces it within minutes. */
export const REFUSED_MS = 10 * MINUTE_MS;
