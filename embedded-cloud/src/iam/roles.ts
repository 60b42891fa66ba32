/** The roles of the template, with all that decides what they may do. Made anew from the template at every start. */
import { AwsError } from '../service.ts';
import { type Grant, IdentityPolicies } from './evaluate.ts';
import { awsManagedPolicy } from './managed-policies.ts';
import { type PatternSet, parsePolicy, type Statement } from './policy.ts';

export interface Role {
  readonly name: string;
  readonly arn: string;
  /** `AROA…`, the first half of a session's `aws:userid`. */
  readonly id: string;
  readonly trust: readonly Statement[];
  readonly tags: Readonly<Record<string, string>>;
  readonly managedPolicyArns: readonly string[];
  readonly permissionsBoundary: string | undefined;
  /** Seconds that a session may last at most. */
  readonly maxSessionSeconds: number;
}

interface Compiled {
  readonly identity: IdentityPolicies;
  readonly boundary: IdentityPolicies | undefined;
}

interface AttachedPolicy {
  readonly name: string;
  readonly statements: readonly Statement[];
}

export class Roles {
  readonly #roles = new Map<string, Role>();
  readonly #policies = new Map<string, Map<string, AttachedPolicy>>();
  readonly #managed = new Map<string, AttachedPolicy>();
  readonly #compiled = new Map<string, Compiled>();
  /** Every grant ever compiled, so that counts outlive a recompilation. */
  readonly #grants = new Map<string, Grant>();

  put(role: Role): void {
    this.#roles.set(role.arn, role);
    this.#compiled.delete(role.arn);
  }

  find(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  /** Roles by ARN, in the order in which the template made them. */
  all(): Iterable<Role> {
    return this.#roles.values();
  }

  /** Attaches an inline policy; the same role and name replaces it. @throws AwsError `MalformedPolicyDocument` */
  attach(roleName: string, policyName: string, document: unknown): void {
    const policies = this.#policies.get(roleName) ?? new Map<string, AttachedPolicy>();
    policies.set(policyName, { name: policyName, statements: parsePolicy(document) });
    this.#policies.set(roleName, policies);
    this.#compiled.clear();
  }

  /** Puts a customer managed policy, and attaches it to roles by name. */
  putManaged(arn: string, name: string, document: unknown, roleNames: readonly string[]): void {
    this.#managed.set(arn, { name, statements: parsePolicy(document) });
    for (const roleName of roleNames) this.attach(roleName, name, document);
    this.#compiled.clear();
  }

  /** What the role may do, compiled on first use. */
  compiled(arn: string): Compiled | undefined {
    const known = this.#compiled.get(arn);
    const role = this.#roles.get(arn);
    if (known !== undefined || role === undefined) return known;
    const compiled = this.#compile(role);
    this.#compiled.set(arn, compiled);
    return compiled;
  }

  #compile(role: Role): Compiled {
    const own = new Map<Statement, AttachedPolicy>();
    const statements: Statement[] = [];
    const add = (policy: AttachedPolicy) => {
      for (const statement of policy.statements) {
        own.set(statement, policy);
        statements.push(statement);
      }
    };
    for (const policy of this.#policies.get(role.name)?.values() ?? []) add(policy);
    for (const arn of role.managedPolicyArns) {
      const managed = this.#managed.get(arn);
      // AWS's own policies are nobody's to narrow, so their grants are not counted.
      if (managed === undefined) statements.push(...awsStatements(arn, role));
      else add(managed);
    }
    const identity = new IdentityPolicies(statements, (statement) =>
      this.#grantsOf(role, own.get(statement), statement),
    );
    return { identity, boundary: this.#boundary(role) };
  }

  #boundary(role: Role): IdentityPolicies | undefined {
    if (role.permissionsBoundary === undefined) return undefined;
    const managed = this.#managed.get(role.permissionsBoundary);
    return new IdentityPolicies(managed?.statements ?? awsStatements(role.permissionsBoundary, role));
  }

  #grantsOf(role: Role, policy: AttachedPolicy | undefined, statement: Statement): Grant[] {
    if (policy === undefined || statement.effect === 'Deny') return [];
    return sources(statement.actions).flatMap((action) =>
      sources(statement.resources).map((resource) => {
        const key = [role.arn, policy.name, statement.sid ?? '', action, resource].join('\n');
        const unused: Grant = {
          role: role.arn,
          policy: policy.name,
          sid: statement.sid,
          action,
          resource,
          count: 0,
        };
        const grant = this.#grants.get(key) ?? unused;
        this.#grants.set(key, grant);
        return grant;
      }),
    );
  }
}

/** The patterns as written; a negated set is one grant, as it cannot be narrowed pattern by pattern. */
function sources(set: PatternSet | undefined): string[] {
  if (set === undefined) return ['*'];
  const texts = set.patterns.map(({ source }) => source);
  return set.negated ? [`not(${texts.join(', ')})`] : texts;
}

function awsStatements(arn: string, role: Role): Statement[] {
  const document = awsManagedPolicy(arn);
  if (document === undefined) {
    throw new AwsError(
      'NoSuchEntity',
      `Policy ${arn} of role ${role.name} does not exist or is not known locally.`,
      404,
    );
  }
  return parsePolicy(document);
}
