/** Task tokens: who waits for which one. */
import { isObject, parseJson } from './json.ts';
import type { TaskRecord } from './position.ts';

type Outcome = NonNullable<TaskRecord['outcome']>;

interface TokenContent {
  readonly machine: string;
  readonly execution: string;
  readonly path: string;
  readonly id: string;
}

export function encodeToken(content: TokenContent): string {
  return Buffer.from(JSON.stringify(content)).toString('base64');
}

/** The ARN of the machine that a token belongs to, or nothing when it is no token of ours. */
export function machineOfToken(token: string): string | undefined {
  try {
    const content = parseJson(Buffer.from(token, 'base64').toString());
    return isObject(content) && typeof content.machine === 'string' ? content.machine : undefined;
  } catch {
    return undefined;
  }
}

export class Tokens {
  readonly #outcomes = new Map<string, (outcome: Outcome) => void>();
  readonly #heartbeats = new Map<string, () => void>();

  onOutcome(token: string, listener: (outcome: Outcome) => void): void {
    this.#outcomes.set(token, listener);
  }

  onHeartbeat(token: string, listener: () => void): void {
    this.#heartbeats.set(token, listener);
  }

  /** The task is over: the token is not valid any more. */
  forget(token: string): void {
    this.#outcomes.delete(token);
    this.#heartbeats.delete(token);
  }

  /** Hands an outcome to the waiting task; false when none waits. A token is good for one outcome. */
  settle(token: string, outcome: Outcome): boolean {
    const listener = this.#outcomes.get(token);
    this.forget(token);
    listener?.(outcome);
    return listener !== undefined;
  }

  heartbeat(token: string): boolean {
    const listener = this.#outcomes.has(token) ? this.#heartbeats.get(token) : undefined;
    listener?.();
    return listener !== undefined;
  }
}
