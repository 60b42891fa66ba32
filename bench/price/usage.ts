/** What some builds have used, as it was counted, and what that costs: pure arithmetic. */
import { median } from '../figure.ts';
import type { CallCount, CapacityUse } from '../messages.ts';
import { LEAST, type Least, type Meter } from './least.ts';
import { PRICES } from './prices.ts';

/** What one build has asked for, from its POST until its events were out. */
export interface BuildUsage {
  readonly calls: readonly CallCount[];
  readonly capacity: readonly CapacityUse[];
}

export interface Usage {
  /** Medians are taken: a request that was repeated, or a scheduled sweep, falls into one of them. */
  readonly builds: readonly BuildUsage[];
  /** Of all of them: states entered, and what their functions took and logged. */
  readonly transitions: number;
  readonly gigabyteSeconds: number;
  readonly loggedBytes: number;
}

/** One line of the bill. */
export interface Line extends Least {
  readonly meter: Meter;
  /** In one build. */
  readonly amount: number;
  /** US dollars for one of it. */
  readonly each: number;
}

const isInvocation = ({ action }: CallCount) => action === 'lambda:InvokeFunction';
/** An authorizer is asked by the API on the way to another function, for the same request. */
const isRequest = (call: CallCount) =>
  isInvocation(call) && /apigateway/.test(call.principal) && !/Authorizer/i.test(call.resource);

/**
 * Actions by what S3 charges for them. `ListBucket` is asked for where a HEAD finds nothing, which is charged as the HEAD
 * that asked for `GetObject` before; nothing of a build lists a bucket.
 */
const S3_WRITES = ['s3:PutObject'];
const S3_READS = ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAttributes'];

const inMedian = (usage: Usage, of: (build: BuildUsage) => number): number => median(usage.builds.map(of));
const countOf = (calls: readonly CallCount[], matches: (call: CallCount) => boolean): number =>
  calls.filter(matches).reduce((sum, call) => sum + call.count, 0);

export function priced(usage: Usage): Line[] {
  const count = (matches: (call: CallCount) => boolean) =>
    inMedian(usage, ({ calls }) => countOf(calls, matches));
  const action = (...names: string[]) => count((call) => names.includes(call.action));
  const units = (of: (use: CapacityUse) => number) =>
    inMedian(usage, ({ capacity }) => capacity.reduce((sum, use) => sum + of(use), 0));
  const builds = usage.builds.length;
  const used: Readonly<Record<Meter, number>> = {
    'API Gateway: requests': count(isRequest),
    'Lambda: requests': count(isInvocation),
    'Lambda: GB-seconds, as long as here': usage.gigabyteSeconds / builds,
    'DynamoDB: write units': units(({ writeUnits }) => writeUnits),
    'DynamoDB: read units': units(({ readUnits }) => readUnits),
    'Step Functions: transitions': usage.transitions / builds,
    'EventBridge: events': action('events:PutEvents'),
    'S3: PUT, LIST': action(...S3_WRITES),
    'S3: GET, HEAD': action(...S3_READS),
    'CloudWatch Logs: MB': usage.loggedBytes / builds / 1e6,
    'Secrets Manager: reads': action('secretsmanager:GetSecretValue'),
    'X-Ray: traces, if each execution is recorded': 1,
  };
  return METERS.map((meter) => ({ meter, amount: used[meter], each: PRICES[meter], ...LEAST[meter] }));
}

const METERS = Object.keys(LEAST) as Meter[];

/** US dollars of a thousand builds. */
export const thousandBuilds = (lines: readonly Line[]): number =>
  lines.reduce((sum, { amount, each }) => sum + amount * each, 0) * 1000;

/** The same, were nothing used but the least. What has no least, as it depends on what is built, counts as it is. */
export const leastOfThousand = (lines: readonly Line[]): number =>
  thousandBuilds(lines.map((line) => ({ ...line, amount: line.least ?? line.amount })));

/** How often something happened in one build, by its name. */
export type Tally = readonly (readonly [name: string, times: number])[];

/** Invocations of each function in one build, and by whom. */
export function invocations(usage: Usage): Tally {
  return tally(
    usage,
    isInvocation,
    ({ resource, principal }) => `\`${nameOf(resource)}\` | ${callerOf(principal)}`,
  );
}

/** Invocations in one build that are not those of the client's own requests, its POST and its GETs. */
export function besidesClient(usage: Usage, clientFunctions: RegExp): number {
  const isClients = (call: CallCount) =>
    /apigateway/.test(call.principal) && clientFunctions.test(call.resource);
  return inMedian(usage, ({ calls }) => countOf(calls, (call) => isInvocation(call) && !isClients(call)));
}

/** Calls of AWS in one build, by action. */
export const actions = (usage: Usage): Tally =>
  tally(
    usage,
    () => true,
    ({ action }) => `\`${action}\``,
  );

function tally(
  usage: Usage,
  matches: (call: CallCount) => boolean,
  name: (call: CallCount) => string,
): Tally {
  const names = new Set(usage.builds.flatMap(({ calls }) => calls.filter(matches).map(name)));
  return [...names]
    .map((each) => {
      const named = (call: CallCount) => matches(call) && name(call) === each;
      return [each, inMedian(usage, ({ calls }) => countOf(calls, named))] as const;
    })
    .filter(([, times]) => times > 0)
    .toSorted(([a], [b]) => a.localeCompare(b));
}

/** `arn:aws:lambda:…:function:Staithe-ApibuildsFunction8DFA00B7-…` is `ApibuildsFunction`. */
export function nameOf(arn: string): string {
  const name = arn.split(':')[6] ?? arn;
  return /^[^-]+-(\w+?)[0-9A-F]{8}/.exec(name)?.[1] ?? name;
}

/** Of a service its name, of a role what stands behind the stack's name. */
export function callerOf(principal: string): string {
  const service = /([\w-]+)\.amazonaws\.com/.exec(principal)?.[1];
  if (service !== undefined) return service;
  const role = principal.split('/').at(-1) ?? principal;
  return /^[^-]+-(\w+?)[0-9A-F]{8}/.exec(role)?.[1] ?? role;
}
