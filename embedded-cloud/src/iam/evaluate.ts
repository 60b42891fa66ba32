/**
 * Which statements speak about a request, and what they say
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
 */
import type { Principal } from '../service.ts';
import { callerArn } from './caller-arn.ts';
import type { PatternSet, Statement } from './policy.ts';
import type { ConditionLookup } from './request-context.ts';

export type Verdict = 'allow' | 'deny' | 'none';

/** One allowed pair of action and resource pattern of a role's policy, with the number of calls that needed it. */
export interface Grant {
  readonly role: string;
  readonly policy: string;
  readonly sid: string | undefined;
  readonly action: string;
  readonly resource: string;
  count: number;
}

interface Candidate {
  readonly statement: Statement;
  readonly grants: readonly Grant[];
}

/** Decisions kept per role: a role calls a few actions on a few resources, and again and again the same. */
const CACHE_LIMIT = 2_000;

/** A set of identity policies (a role's, or a permissions boundary), compiled, with a cache over action and resource. */
export class IdentityPolicies {
  readonly grants: readonly Grant[];
  readonly #statements: readonly Candidate[];
  readonly #cacheable: boolean;
  readonly #mayDeny: boolean;
  readonly #cache = new Map<string, readonly Candidate[]>();

  /** @param grantsOf the grants of a statement to count: those of the role's own policies, none for AWS's */
  constructor(
    statements: readonly Statement[],
    grantsOf: (statement: Statement) => readonly Grant[] = () => [],
  ) {
    this.#statements = statements.map((statement) => ({ statement, grants: grantsOf(statement) }));
    this.grants = this.#statements.flatMap(({ grants }) => grants);
    this.#mayDeny = statements.some(({ effect }) => effect === 'Deny');
    this.#cacheable = !statements.some((one) =>
      one.resources?.patterns.some((pattern) => pattern.hasVariables),
    );
  }

  /** A deny of any statement wins over every allow. Every statement that allows is counted as used, unless it `counts` not. */
  evaluate(action: string, resource: string, lookup: ConditionLookup, counts = true): Verdict {
    let verdict: Verdict = 'none';
    const allowing: Candidate[] = [];
    for (const candidate of this.#about(action, resource, lookup)) {
      const { effect, condition } = candidate.statement;
      if (condition !== undefined && !condition(lookup)) continue;
      if (effect === 'Deny') return 'deny';
      verdict = 'allow';
      allowing.push(candidate);
    }
    if (counts) for (const { grants } of allowing) for (const grant of grants) grant.count++;
    return verdict;
  }

  /** Whether a statement denies it outright; nothing is counted. */
  denies(action: string, resource: string, lookup: ConditionLookup): boolean {
    if (!this.#mayDeny) return false;
    return this.#about(action, resource, lookup).some(
      ({ statement: { effect, condition } }) =>
        effect === 'Deny' && (condition === undefined || condition(lookup)),
    );
  }

  #about(action: string, resource: string, lookup: ConditionLookup): readonly Candidate[] {
    const key = `${action}\n${resource}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const found = this.#statements.flatMap(({ statement, grants }) =>
      speaksAbout(statement, action, resource, lookup)
        ? [
            {
              statement,
              grants: grants.filter((grant) => covers(statement, grant, action, resource, lookup)),
            },
          ]
        : [],
    );
    if (this.#cacheable) {
      if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
      this.#cache.set(key, found);
    }
    return found;
  }
}

/** Whether a statement's action and resource elements match. */
function speaksAbout(
  statement: Statement,
  action: string,
  resource: string,
  lookup: ConditionLookup,
): boolean {
  return (
    matches(statement.actions, action.toLowerCase(), lookup) &&
    (statement.resources === undefined || matches(statement.resources, resource, lookup))
  );
}

function covers(
  statement: Statement,
  grant: Grant,
  action: string,
  resource: string,
  lookup: ConditionLookup,
): boolean {
  const one = (set: PatternSet | undefined, source: string, text: string) =>
    set === undefined ||
    set.negated ||
    set.patterns.some((pattern) => pattern.source === source && pattern.matches(text, lookup));
  return (
    one(statement.actions, grant.action, action.toLowerCase()) &&
    one(statement.resources, grant.resource, resource)
  );
}

function matches(set: PatternSet, text: string, lookup: ConditionLookup): boolean {
  return set.patterns.some((pattern) => pattern.matches(text, lookup)) !== set.negated;
}

/**
 * What a resource's own policy says about a principal. An allow for the account (`arn:aws:iam::ID:root`) only
 * delegates to the account's identity policies, so it is no allow by itself; a deny for the account holds for everyone
 * in it.
 */
export function evaluateResourcePolicy(
  statements: readonly Statement[],
  principal: Principal,
  accountId: string,
  action: string,
  resource: string,
  lookup: ConditionLookup,
): Verdict {
  let verdict: Verdict = 'none';
  for (const statement of statements) {
    const match = principalMatch(statement, principal, accountId);
    if (match === 'none' || (match === 'account' && statement.effect === 'Allow')) continue;
    if (!speaksAbout(statement, action, resource, lookup)) continue;
    if (statement.condition !== undefined && !statement.condition(lookup)) continue;
    if (statement.effect === 'Deny') return 'deny';
    verdict = 'allow';
  }
  return verdict;
}

function principalMatch(
  statement: Statement,
  principal: Principal,
  accountId: string,
): 'itself' | 'account' | 'none' {
  if (statement.principals === undefined) return 'none';
  const { byKind, negated } = statement.principals;
  const named = byKind.AWS ?? [];
  const inAccount = principal.kind === 'role' || principal.kind === 'operator';
  const itself =
    named.includes('*') ||
    (principal.kind === 'service' && (byKind.Service ?? []).includes(principal.arn)) ||
    (inAccount && (named.includes(principal.arn) || named.includes(callerArn(principal, accountId))));
  const account =
    inAccount && (named.includes(accountId) || named.includes(`arn:aws:iam::${accountId}:root`));
  if (negated) return itself || account ? 'none' : 'itself';
  return itself ? 'itself' : account ? 'account' : 'none';
}
