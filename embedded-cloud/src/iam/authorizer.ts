/**
 * Decides whether a principal may do something, in AWS's order: explicit denies, resource policies, identity, boundary,
 * session policy
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html).
 */
import { AwsError, type ConditionSource, type Principal } from '../service.ts';
import { callerArn } from './caller-arn.ts';
import { evaluateResourcePolicy, IdentityPolicies, type Verdict } from './evaluate.ts';
import { parsePolicy, type Statement } from './policy.ts';
import { type CallerFacts, type ConditionLookup, conditionLookup } from './request-context.ts';
import type { Roles } from './roles.ts';

export interface AuthorizationOptions {
  readonly values?: ConditionSource;
  readonly resourcePolicies?: readonly unknown[];
  /** Of a question without a call: no grant counts as used by it. */
  readonly probe?: boolean;
}

/** `allowed`, or the end of AWS's denial sentence. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** Policies kept parsed: one for each bucket, function, key and bus, and one for each session that has its own. */
const CACHE_LIMIT = 500;

const ALLOWED: Decision = { allowed: true };

export class Authorizer {
  readonly #roles: Roles;
  readonly #account: CallerFacts;
  readonly #now: () => number;
  /** Parsed resource policies by their text: writing a document out costs a tenth of checking and compiling it. */
  readonly #parsed = new Map<string, readonly Statement[]>();
  readonly #sessionPolicies = new Map<string, IdentityPolicies>();

  constructor(roles: Roles, account: CallerFacts, now: () => number) {
    this.#roles = roles;
    this.#account = account;
    this.#now = now;
  }

  decide(
    principal: Principal,
    action: string,
    resource: string,
    options: AuthorizationOptions = {},
  ): Decision {
    const lookup = conditionLookup(principal, this.#factsOf(principal), this.#now, options.values);
    const byResource = this.#resourceVerdict(principal, action, resource, options.resourcePolicies, lookup);
    if (byResource === 'deny') return refused('with an explicit deny in a resource-based policy');
    switch (principal.kind) {
      case 'operator':
        return ALLOWED;
      case 'role':
        if (byResource === 'allow' && this.#namesSession(principal, action, resource, options, lookup)) {
          return this.#refusedExplicitly(principal, action, resource, lookup) ?? ALLOWED;
        }
        return this.#decideForRole(principal, action, resource, byResource, lookup, options.probe !== true);
      case 'service':
        // Where a resource has no policy of its own, AWS's services are not asked for one.
        if (options.resourcePolicies === undefined) return ALLOWED;
    }
    return byResource === 'allow'
      ? ALLOWED
      : refused(`because no resource-based policy allows the ${action} action`);
  }

  /** Whether the role's trust policy lets an AWS service, or another principal, assume it. */
  mayAssume(roleArn: string, principal: Principal): boolean {
    const role = this.#roles.find(roleArn);
    if (role === undefined) return false;
    const lookup = conditionLookup(principal, this.#factsOf(principal), this.#now, undefined);
    const verdict = (who: Principal) =>
      evaluateResourcePolicy(role.trust, who, this.#account.accountId, 'sts:AssumeRole', roleArn, lookup);
    if (verdict(principal) !== 'none' || principal.kind === 'service') {
      const own = this.#sessionPolicy(principal)?.evaluate('sts:AssumeRole', roleArn, lookup) ?? 'allow';
      return verdict(principal) === 'allow' && own === 'allow';
    }
    // A trust policy that names the account lets its identities in as far as their own policies allow sts:AssumeRole.
    const root: Principal = { kind: 'operator', arn: `arn:aws:iam::${this.#account.accountId}:root` };
    return verdict(root) === 'allow' && this.decide(principal, 'sts:AssumeRole', roleArn).allowed;
  }

  #factsOf(principal: Principal): CallerFacts {
    const role = principal.kind === 'role' ? this.#roles.find(principal.arn) : undefined;
    return role === undefined ? this.#account : { ...this.#account, userId: role.id, tags: role.tags };
  }

  /** What the session may do is what its role, the role's boundary and the session's own policy all allow. */
  #decideForRole(
    principal: Principal,
    action: string,
    resource: string,
    byResource: Verdict,
    lookup: ConditionLookup,
    counts: boolean,
  ): Decision {
    const explicitly = this.#refusedExplicitly(principal, action, resource, lookup);
    if (explicitly !== undefined) return explicitly;
    const policies = this.#roles.compiled(principal.arn);
    const byIdentity = policies?.identity.evaluate(action, resource, lookup, counts) ?? 'none';
    if (byIdentity === 'none' && byResource === 'none') {
      return refused(`because no identity-based policy allows the ${action} action`);
    }
    const narrowing: [string, IdentityPolicies | undefined][] = [
      ['permissions boundary', policies?.boundary],
      ['session policy', this.#sessionPolicy(principal)],
    ];
    const silent = narrowing.find(
      ([, set]) => set !== undefined && set.evaluate(action, resource, lookup) !== 'allow',
    );
    return silent === undefined ? ALLOWED : refused(`because no ${silent[0]} allows the ${action} action`);
  }

  #refusedExplicitly(
    principal: Principal,
    action: string,
    resource: string,
    lookup: ConditionLookup,
  ): Decision | undefined {
    const policies = this.#roles.compiled(principal.arn);
    const among: [string, IdentityPolicies | undefined][] = [
      ['an identity-based policy', policies?.identity],
      ['a permissions boundary', policies?.boundary],
      ['a session policy', this.#sessionPolicy(principal)],
    ];
    const denying = among.find(([, set]) => set?.denies(action, resource, lookup));
    return denying && refused(`with an explicit deny in ${denying[0]}`);
  }

  /**
   * Whether a resource's policy allows this very session by its `assumed-role` ARN: such a grant is not narrowed by
   * what boundary and session policy leave out; one for the role's ARN is.
   */
  #namesSession(
    principal: Principal,
    action: string,
    resource: string,
    options: AuthorizationOptions,
    lookup: ConditionLookup,
  ): boolean {
    if (principal.session === undefined) return false;
    const session: Principal = { kind: 'role', arn: callerArn(principal, this.#account.accountId) };
    return (options.resourcePolicies ?? []).some((document) => {
      const naming = this.#statements(document).filter(
        ({ principals }) => !principals?.negated && principals?.byKind.AWS?.includes(session.arn),
      );
      const { accountId } = this.#account;
      return evaluateResourcePolicy(naming, session, accountId, action, resource, lookup) === 'allow';
    });
  }

  #sessionPolicy({ sessionPolicy }: Principal): IdentityPolicies | undefined {
    if (sessionPolicy === undefined) return undefined;
    const known =
      this.#sessionPolicies.get(sessionPolicy) ?? new IdentityPolicies(parsePolicy(sessionPolicy));
    if (this.#sessionPolicies.size >= CACHE_LIMIT) this.#sessionPolicies.clear();
    this.#sessionPolicies.set(sessionPolicy, known);
    return known;
  }

  #resourceVerdict(
    principal: Principal,
    action: string,
    resource: string,
    documents: readonly unknown[] | undefined,
    lookup: ConditionLookup,
  ): Verdict {
    let verdict: Verdict = 'none';
    for (const document of documents ?? []) {
      const statements = this.#statements(document);
      const one = evaluateResourcePolicy(
        statements,
        principal,
        this.#account.accountId,
        action,
        resource,
        lookup,
      );
      if (one === 'deny') return 'deny';
      if (one === 'allow') verdict = 'allow';
    }
    return verdict;
  }

  #statements(document: unknown): readonly Statement[] {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const known = this.#parsed.get(text) ?? parsePolicy(text);
    if (this.#parsed.size >= CACHE_LIMIT) this.#parsed.clear();
    this.#parsed.set(text, known);
    return known;
  }
}

function refused(reason: string): Decision {
  return { allowed: false, reason };
}

/** Services that answer in XML call it `AccessDenied`; REST services say 403, the other JSON services 400. */
const DENIALS: Record<string, readonly [code: string, status: number]> = {
  s3: ['AccessDenied', 403],
  sts: ['AccessDenied', 403],
  iam: ['AccessDenied', 403],
  monitoring: ['AccessDenied', 403],
  lambda: ['AccessDeniedException', 403],
  'cloudfront-keyvaluestore': ['AccessDeniedException', 403],
};

/** The error of a refused call, in AWS's words. */
export function accessDenied(
  service: string,
  principal: Principal,
  action: string,
  resource: string,
  reason: string,
  accountId: string,
): AwsError {
  const [code, status] = DENIALS[service] ?? ['AccessDeniedException', 400];
  const who = callerArn(principal, accountId);
  return new AwsError(
    code,
    `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
    status,
  );
}
