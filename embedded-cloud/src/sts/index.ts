/** STS over its query protocol: who am I, and a role's temporary credentials, narrowed by a session policy if wished. */
import { text } from 'node:stream/consumers';
import type { Authorizer } from '../iam/authorizer.ts';
import { accessDenied } from '../iam/authorizer.ts';
import { callerArn } from '../iam/caller-arn.ts';
import type { KeyRing } from '../iam/credentials.ts';
import { parsePolicy } from '../iam/policy.ts';
import type { Role, Roles } from '../iam/roles.ts';
import { AwsError, type Call, type HttpResponse, notImplemented, type Service } from '../service.ts';

export interface StsOptions {
  readonly accountId: string;
  readonly keys: KeyRing;
  readonly roles: Roles;
  readonly authorizer: Authorizer;
  readonly now: () => number;
}

/** AssumeRole's limits: fifteen minutes to twelve hours, one hour when not said, and for a role that assumes another. */
const SHORTEST_SESSION_SECONDS = 900;
const LONGEST_SESSION_SECONDS = 43_200;
const DEFAULT_SESSION_SECONDS = 3_600;
const CHAINED_SESSION_SECONDS = 3_600;
/** Characters of a session policy as plain text. */
const POLICY_LIMIT = 2_048;

export function sts(options: StsOptions): Service {
  return {
    name: 'sts',
    async handle(request, call) {
      const parameters = new URLSearchParams(`${request.query}&${await text(request.body)}`);
      const action = parameters.get('Action') ?? '';
      if (action === 'GetCallerIdentity') return answer(action, call, callerIdentity(options, call));
      if (action === 'AssumeRole') return answer(action, call, assumeRole(options, parameters, call));
      throw notImplemented('sts', action);
    },
  };
}

/** Needs no permission, as in AWS. */
function callerIdentity({ accountId, roles }: StsOptions, { principal }: Call): string {
  const role = roles.find(principal.arn);
  const userId = role === undefined ? 'AIDAOPERATOR' : `${role.id}:${principal.session ?? role.name}`;
  return `<Arn>${callerArn(principal, accountId)}</Arn><UserId>${userId}</UserId><Account>${accountId}</Account>`;
}

function assumeRole(options: StsOptions, parameters: URLSearchParams, call: Call): string {
  const { keys, roles, authorizer, accountId } = options;
  const roleArn = parameters.get('RoleArn') ?? '';
  const session = parameters.get('RoleSessionName') ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(session)) {
    throw new AwsError(
      'ValidationError',
      'RoleSessionName must be 2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-',
    );
  }
  const policy = sessionPolicy(parameters);
  const role = roles.find(roleArn);
  if (role === undefined || !authorizer.mayAssume(roleArn, call.principal)) {
    const reason = 'because no trust policy or identity-based policy allows the sts:AssumeRole action';
    throw accessDenied('sts', call.principal, 'sts:AssumeRole', roleArn, reason, accountId);
  }
  const expires = options.now() + sessionSeconds(parameters, role, call) * 1000;
  const { accessKeyId, secretAccessKey, sessionToken } = keys.session(roleArn, session, expires, policy);
  return `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${new Date(expires).toISOString()}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>${role.id}:${session}</AssumedRoleId><Arn>${callerArn({ kind: 'role', arn: roleArn, session }, accountId)}</Arn></AssumedRoleUser>`;
}

/** @throws AwsError `ValidationError` beyond what AWS, the role or role chaining allow */
function sessionSeconds(parameters: URLSearchParams, role: Role, { principal }: Call): number {
  const seconds = Number(parameters.get('DurationSeconds') ?? DEFAULT_SESSION_SECONDS);
  if (!(seconds >= SHORTEST_SESSION_SECONDS && seconds <= LONGEST_SESSION_SECONDS)) {
    throw new AwsError('ValidationError', 'DurationSeconds must be between 900 and 43200.');
  }
  if (principal.kind === 'role' && seconds > CHAINED_SESSION_SECONDS) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  return seconds;
}

/**
 * The inline session policy, checked.
 * @throws AwsError `ValidationError`, `MalformedPolicyDocument`; `NotImplemented` for managed session policies and tags
 */
function sessionPolicy(parameters: URLSearchParams): string | undefined {
  for (const key of parameters.keys()) {
    const [, unsupported] = /^(PolicyArns|Tags|TransitiveTagKeys)\./.exec(key) ?? [];
    if (unsupported !== undefined) throw notImplemented('sts', `AssumeRole with ${unsupported}`);
  }
  const policy = parameters.get('Policy');
  if (policy === null) return undefined;
  if (policy.length === 0 || policy.length > POLICY_LIMIT) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length between 1 and ${POLICY_LIMIT}`,
    );
  }
  for (const { principals, resources } of parsePolicy(policy)) {
    if (principals !== undefined) {
      throw new AwsError('MalformedPolicyDocument', 'Policy document should not specify a principal.');
    }
    if (resources === undefined) {
      throw new AwsError('MalformedPolicyDocument', 'Policy statement must contain resources.');
    }
  }
  return policy;
}

function answer(action: string, call: Call, result: string): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': call.requestId },
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>${call.requestId}</RequestId></ResponseMetadata></${action}Response>`,
  };
}
