/** STS over its query protocol: who am I, and a role's temporary credentials. */
import { text } from 'node:stream/consumers';
import type { Authorizer } from '../iam/authorizer.ts';
import { accessDenied } from '../iam/authorizer.ts';
import { callerArn } from '../iam/caller-arn.ts';
import type { KeyRing } from '../iam/credentials.ts';
import type { Roles } from '../iam/roles.ts';
import { AwsError, type Call, type HttpResponse, notImplemented, type Service } from '../service.ts';

export interface StsOptions {
  readonly accountId: string;
  readonly keys: KeyRing;
  readonly roles: Roles;
  readonly authorizer: Authorizer;
  readonly now: () => number;
}

/** AssumeRole's limits: fifteen minutes to twelve hours, one hour when not said. */
const SHORTEST_SESSION_SECONDS = 900;
const LONGEST_SESSION_SECONDS = 43_200;
const DEFAULT_SESSION_SECONDS = 3_600;

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
  const seconds = Number(parameters.get('DurationSeconds') ?? DEFAULT_SESSION_SECONDS);
  if (!(seconds >= SHORTEST_SESSION_SECONDS && seconds <= LONGEST_SESSION_SECONDS)) {
    throw new AwsError('ValidationError', 'DurationSeconds must be between 900 and 43200.');
  }
  const role = roles.find(roleArn);
  if (role === undefined || !authorizer.mayAssume(roleArn, call.principal)) {
    const reason = 'because no trust policy or identity-based policy allows the sts:AssumeRole action';
    throw accessDenied('sts', call.principal, 'sts:AssumeRole', roleArn, reason, accountId);
  }
  const expires = options.now() + seconds * 1000;
  const { accessKeyId, secretAccessKey, sessionToken } = keys.session(roleArn, session, expires);
  return `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${new Date(expires).toISOString()}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>${role.id}:${session}</AssumedRoleId><Arn>${callerArn({ kind: 'role', arn: roleArn, session }, accountId)}</Arn></AssumedRoleUser>`;
}

function answer(action: string, call: Call, result: string): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': call.requestId },
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>${call.requestId}</RequestId></ResponseMetadata></${action}Response>`,
  };
}
