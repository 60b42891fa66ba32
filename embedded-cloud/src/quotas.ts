/**
 * Service quotas of an account: none but the machine's own on a laptop, or AWS's numbers, to see what happens at them.
 * A number stands here only when AWS publishes it.
 */
import { availableParallelism } from 'node:os';
import { type Rate, rateOf } from './quota-rates.ts';
import { AwsError, type Cloud } from './service.ts';

/** `machine`: what this machine can do. `aws`: the defaults of AWS. `new-account`: what a new account mostly begins with. */
export const QUOTA_PROFILES = ['machine', 'aws', 'new-account'] as const;
export type QuotaProfile = (typeof QUOTA_PROFILES)[number];

export interface Quotas {
  /** Executions of Lambda functions at the same time, in the account. */
  readonly concurrentExecutions: number;
  /** Builds of CodeBuild that run at the same time, and that wait: five times as many (CodeBuild user guide, "Builds"). */
  readonly runningBuilds: number;
  readonly queuedBuilds: number;
  /** By IAM action; an action without an entry is never throttled. */
  rateOf(action: string): { readonly key: string; readonly rate: Rate } | undefined;
}

export function quotasOf(profile: QuotaProfile, region: string): Quotas {
  // As many executions as AWS allows by default: what the machine can bear is bounded elsewhere (lambda/runtime/limits.ts).
  if (profile === 'machine')
    return {
      concurrentExecutions: 1000,
      // Two for each processor.
      runningBuilds: Math.max(4, 2 * availableParallelism()),
      queuedBuilds: 5 * 60,
      rateOf: () => undefined,
    };
  const small = profile === 'new-account';
  const runningBuilds = small ? 1 : 60;
  return {
    concurrentExecutions: small ? 10 : 1000,
    runningBuilds,
    queuedBuilds: 5 * runningBuilds,
    rateOf: (action) => rateOf(action, region),
  };
}

/** Counts requests against their rates. */
export class RequestRates {
  readonly #quotas: Quotas;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; filled: number }>();

  /** @param now milliseconds */
  constructor(quotas: Quotas, now: () => number) {
    this.#quotas = quotas;
    this.#now = now;
  }

  /** @throws AwsError as AWS throttles: ThrottlingException, of Lambda TooManyRequestsException */
  take(action: string): void {
    const found = this.#quotas.rateOf(action);
    if (found === undefined) return;
    const { key, rate } = found;
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: rate.burst, filled: now };
    const refilled = bucket.tokens + ((now - bucket.filled) / 1000) * rate.perSecond;
    const tokens = Math.min(rate.burst, refilled);
    const passes = tokens >= 1;
    this.#buckets.set(key, { tokens: passes ? tokens - 1 : tokens, filled: now });
    if (passes) return;
    throw action.startsWith('lambda:')
      ? new AwsError('TooManyRequestsException', 'Rate exceeded', 429, { Reason: 'CallerRateLimitExceeded' })
      : new AwsError('ThrottlingException', 'Rate exceeded');
  }
}

/** The account's quotas, or those of the machine in a cloud that says nothing of them. */
export function accountQuotas({ quotas, region }: Pick<Cloud, 'quotas' | 'region'>): Quotas {
  return quotas ?? quotasOf('machine', region);
}

export { RATES, type Rate, rateOf } from './quota-rates.ts';
