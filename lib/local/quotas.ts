/**
 * Service quotas of an account: none but the machine's own on a laptop, or AWS's numbers, to see what happens at them.
 * A number stands here only when AWS publishes it.
 */
import { availableParallelism } from 'node:os';
import { AwsError, type Cloud } from './service.ts';

/** `machine`: what this machine can do. `aws`: the defaults of AWS. `new-account`: what a new account mostly begins with. */
export const QUOTA_PROFILES = ['machine', 'aws', 'new-account'] as const;
export type QuotaProfile = (typeof QUOTA_PROFILES)[number];

/** A bucket of tokens: so many requests at once, and so many more each second. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Quotas {
  /** Executions of Lambda functions at the same time, in the account. */
  readonly concurrentExecutions: number;
  /** Builds of CodeBuild that run at the same time, and that wait: five times as many (CodeBuild user guide, "Builds"). */
  readonly runningBuilds: number;
  readonly queuedBuilds: number;
  /** By IAM action; an action without an entry is never throttled. */
  rateOf(action: string): { readonly key: string; readonly rate: Rate } | undefined;
}

const perSecond = (count: number): Rate => ({ burst: count, perSecond: count });

/** CloudWatch Logs quotas, GetLogEvents and FilterLogEvents: requests per second, account and region. */
const SLOW_LOG_REGIONS: ReadonlySet<string> = new Set(['eu-west-1', 'eu-central-1', 'us-west-2']);
/** Step Functions quotas, "Quotas related to API action throttling": bucket size and refill rate for StartExecution. */
const FAST_STATES_REGIONS: ReadonlySet<string> = new Set(['us-east-1', 'us-west-2', 'eu-west-1']);

/**
 * Lambda quotas, "API requests": 100 a second for GetFunction, 15 for the rest of the control plane together; calls of
 * functions have limits of another kind.
 */
const LAMBDA_CALLS: ReadonlySet<string> = new Set([
  'lambda:InvokeFunction',
  'lambda:InvokeFunctionUrl',
  'lambda:InvokeAsync',
]);

function awsRate(action: string, region: string): ReturnType<Quotas['rateOf']> {
  switch (action) {
    case 'logs:GetLogEvents':
      return { key: action, rate: perSecond(SLOW_LOG_REGIONS.has(region) ? 10 : 25) };
    case 'states:StartExecution':
      return {
        key: action,
        rate: FAST_STATES_REGIONS.has(region)
          ? { burst: 1300, perSecond: 300 }
          : { burst: 800, perSecond: 150 },
      };
    case 'lambda:GetFunction':
      return { key: action, rate: perSecond(100) };
    default:
      if (!action.startsWith('lambda:') || LAMBDA_CALLS.has(action)) return undefined;
      return { key: 'lambda control plane', rate: perSecond(15) };
  }
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
    rateOf: (action) => awsRate(action, region),
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
