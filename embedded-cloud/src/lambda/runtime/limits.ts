/** How much of the machine functions may take: Lambda's own limits are those of a data centre. */
import { availableParallelism, totalmem } from 'node:os';
import { AwsError } from '../../service.ts';

export interface Limits {
  /** Execution environments of all functions together, each a process. */
  readonly environments: number;
  /** Events of one function that wait for an environment; callers that may come first get as many again. */
  readonly waiting: number;
  /** Milliseconds after which a waiting event is given up, so that functions which wait for each other come free. */
  readonly waitTimeoutMs: number;
}

/** A process for each function of a large template, and some twice. Those that wait for others take no processor. */
const ENVIRONMENTS_PER_CORE = 16;
/** What a warm Node process with an SDK's client takes. */
const ENVIRONMENT_BYTES = 128 * 2 ** 20;
/** Functions get a quarter of the memory: builds, the browser and the editor want the rest. */
const SHARE_OF_MEMORY = 1 / 4;
/** Below, functions that call each other would hardly get on. */
const FEWEST_ENVIRONMENTS = 8;

/** @param memory bytes that this process may use: the machine's, or its control group's */
export function limitsOf(cores: number, memory: number): Limits {
  const byMemory = Math.floor((memory * SHARE_OF_MEMORY) / ENVIRONMENT_BYTES);
  return {
    environments: Math.max(FEWEST_ENVIRONMENTS, Math.min(ENVIRONMENTS_PER_CORE * cores, byMemory)),
    // A core handles about a hundred short events a second: what waits is answered in one to two seconds.
    waiting: 128 * cores,
    // API Gateway gives an answer up after 29 to 30 s; until then the function still has to run.
    waitTimeoutMs: 20_000,
  };
}

export function limitsOfMachine(): Limits {
  const constrained = process.constrainedMemory();
  // Without a control group's limit it is 0, or larger than any memory.
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return limitsOf(availableParallelism(), memory);
}

/** The end of an event whose caller left before it was handled; nobody hears it. 499 is what nginx notes in its log then. */
export const abandoned = (): AwsError =>
  new AwsError('CallerLeft', 'The caller left before the event was handled.', 499);

/** Lambda's answer to an event for which there is no room. */
export function throttled(Reason: string): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
    Reason,
    Type: 'User',
    retryAfterSeconds: '1',
  });
}

export function isThrottled(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'TooManyRequestsException';
}
