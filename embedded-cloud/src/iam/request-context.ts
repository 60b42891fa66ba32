/** The condition keys of one request: what policies may ask about it. Keys are case-insensitive, so kept in lower case. */
import type { ConditionSource, ConditionValues, Principal } from '../service.ts';

/** Gives the values of a condition key (in lower case); undefined when the request does not have the key. */
export type ConditionLookup = (key: string) => readonly string[] | undefined;

/** What the account knows about a caller beside its ARN. */
export interface CallerFacts {
  readonly accountId: string;
  readonly region: string;
  /** For a role: its `AROA…` id. */
  readonly userId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * The keys that AWS sets for every request
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html), and those of the call.
 * `aws:SecureTransport` is true: the loopback interface stands for TLS, as nothing on it can be overheard from outside.
 */
export function conditionLookup(
  principal: Principal,
  caller: CallerFacts,
  now: () => number,
  values: ConditionSource | undefined,
): ConditionLookup {
  let own: Map<string, readonly string[]> | undefined;
  return (key) => {
    own ??= inLowerCase(typeof values === 'function' ? values() : values);
    return own.get(key) ?? globalValue(key, principal, caller, now);
  };
}

function inLowerCase(values: ConditionValues | undefined): Map<string, readonly string[]> {
  const map = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(values ?? {})) {
    if (value !== undefined)
      map.set(key.toLowerCase(), Array.isArray(value) ? value.map(String) : [String(value)]);
  }
  return map;
}

function globalValue(
  key: string,
  principal: Principal,
  caller: CallerFacts,
  now: () => number,
): readonly string[] | undefined {
  const isService = principal.kind === 'service';
  switch (key) {
    case 'aws:securetransport':
      return ['true'];
    case 'aws:currenttime':
      return [new Date(now()).toISOString()];
    case 'aws:epochtime':
      return [String(Math.floor(now() / 1000))];
    case 'aws:requestedregion':
      return [caller.region];
    case 'aws:sourceip':
      return isService ? undefined : ['127.0.0.1'];
    case 'aws:viaawsservice':
      return ['false'];
    case 'aws:principalisawsservice':
      return [String(isService)];
    case 'aws:principalservicename':
      return isService ? [principal.arn] : undefined;
    case 'aws:sourcearn':
      return principal.sourceArn === undefined ? undefined : [principal.sourceArn];
    case 'aws:sourceaccount':
      // There is one account, so a service acts for nobody else.
      return isService ? [caller.accountId] : undefined;
    case 'aws:principaltype':
      return principal.kind === 'anonymous'
        ? ['Anonymous']
        : [principal.kind === 'role' ? 'AssumedRole' : 'User'];
    case 'aws:resourceaccount':
      return [caller.accountId];
  }
  if (isService || principal.kind === 'anonymous') return undefined;
  return identityValue(key, principal, caller);
}

function identityValue(
  key: string,
  principal: Principal,
  caller: CallerFacts,
): readonly string[] | undefined {
  switch (key) {
    case 'aws:principalarn':
      return [principal.arn];
    case 'aws:principalaccount':
      return [caller.accountId];
    case 'aws:userid':
      return caller.userId === undefined ? undefined : [`${caller.userId}:${principal.session ?? 'session'}`];
    // IAM sets the user name for users only; the operator is one, a role's session is not.
    case 'aws:username':
      return principal.kind === 'operator'
        ? [principal.arn.slice(principal.arn.lastIndexOf('/') + 1)]
        : undefined;
  }
  if (!key.startsWith('aws:principaltag/')) return undefined;
  const wanted = key.slice('aws:principaltag/'.length);
  const found = Object.entries(caller.tags ?? {}).find(([name]) => name.toLowerCase() === wanted);
  return found === undefined ? undefined : [found[1]];
}
