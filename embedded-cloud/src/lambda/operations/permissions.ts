/** The resource policy of a function, of a version or of an alias. */
import { z } from 'zod';
import type { Action } from '../../service.ts';
import {
  authorize,
  checkRevision,
  conflict,
  functionArn,
  type Lambda,
  load,
  newRevision,
  notFound,
  parse,
  policyDocument,
  targetSchema,
} from '../context.ts';
import { type FunctionName, parseFunctionName } from '../function-name.ts';
import type { FunctionRecord } from '../records.ts';
import { resolveVersion } from '../resolve.ts';

export const permissionSchema = z.looseObject({
  Action: z
    .string()
    .regex(/^(lambda:[*]|lambda:[a-zA-Z]+|[*])$/, 'an action of Lambda, such as lambda:InvokeFunction'),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
  EventSourceToken: z.string().optional(),
  PrincipalOrgID: z.string().optional(),
  FunctionUrlAuthType: z.enum(['NONE', 'AWS_IAM']).optional(),
  InvokedViaFunctionUrl: z.union([z.boolean(), z.stringbool()]).optional(),
});

const addSchema = permissionSchema.extend({
  FunctionName: z.string(),
  Qualifier: z.string().optional(),
  StatementId: z.string().regex(/^[a-zA-Z0-9-_.]{1,100}$/, '1 to 100 letters, digits, -, _ and .'),
  RevisionId: z.string().optional(),
});

const removeSchema = targetSchema.extend({ StatementId: z.string(), RevisionId: z.string().optional() });

export function permissionOperations(lambda: Lambda): Record<string, Action> {
  return {
    AddPermission: (input, call) => {
      const request = parse(addSchema, input);
      const target = parseFunctionName(request.FunctionName, request.Qualifier);
      authorize(lambda, call, 'AddPermission', target, {
        'lambda:Principal': request.Principal,
        'lambda:FunctionUrlAuthType': request.FunctionUrlAuthType,
      });
      const record = lambda.store.get(target.name, functionArn(lambda, target));
      resolveVersion(lambda, record, target.qualifier);
      const policy = record.policies[target.qualifier];
      if (policy) checkRevision(request.RevisionId, policy.revisionId);
      if (policy?.statements.some(({ Sid }) => Sid === request.StatementId)) {
        throw conflict(
          `The statement id (${request.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        );
      }
      const statement = statementOf(lambda, target, request.StatementId, request);
      setStatements(lambda, record, target.qualifier, [...(policy?.statements ?? []), statement]);
      return { Statement: JSON.stringify(statement) };
    },
    RemovePermission: (input, call) => {
      const request = parse(removeSchema, input);
      const target = parseFunctionName(request.FunctionName, request.Qualifier);
      const record = load(lambda, call, 'RemovePermission', target);
      const policy = record.policies[target.qualifier];
      const rest = policy?.statements.filter(({ Sid }) => Sid !== request.StatementId);
      if (!policy || !rest || rest.length === policy.statements.length) {
        throw notFound(`Statement ${request.StatementId} is not found in resource policy.`);
      }
      checkRevision(request.RevisionId, policy.revisionId);
      setStatements(lambda, record, target.qualifier, rest);
      return {};
    },
    GetPolicy: (input, call) => {
      const request = parse(targetSchema, input);
      const target = parseFunctionName(request.FunctionName, request.Qualifier);
      const record = load(lambda, call, 'GetPolicy', target);
      const policy = record.policies[target.qualifier];
      if (!policy || policy.statements.length === 0)
        throw notFound('The resource you requested does not exist.');
      return { Policy: JSON.stringify(policyDocument(policy.statements)), RevisionId: policy.revisionId };
    },
  };
}

/** Replaces the statements of one qualifier's policy. */
export function setStatements(
  lambda: Lambda,
  record: FunctionRecord,
  qualifier: string,
  statements: readonly { Sid: string }[],
): FunctionRecord {
  const policies = {
    ...record.policies,
    [qualifier]: { revisionId: newRevision(), statements: [...statements] },
  };
  return lambda.store.save({ ...record, policies });
}

/** The IAM statement that a permission stands for. */
export function statementOf(
  lambda: Lambda,
  target: FunctionName,
  sid: string,
  request: z.infer<typeof permissionSchema>,
) {
  const like = { 'AWS:SourceArn': request.SourceArn };
  const equals = {
    'AWS:SourceAccount': request.SourceAccount,
    'lambda:EventSourceToken': request.EventSourceToken,
    'lambda:FunctionUrlAuthType': request.FunctionUrlAuthType,
    'aws:PrincipalOrgID': request.PrincipalOrgID,
  };
  const via = request.InvokedViaFunctionUrl;
  const Condition = {
    ...present('ArnLike', like),
    ...present('StringEquals', equals),
    ...present('Bool', { 'lambda:InvokedViaFunctionUrl': via === undefined ? undefined : String(via) }),
  };
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: principalOf(lambda, request.Principal),
    Action: request.Action,
    Resource: functionArn(lambda, target),
    ...(Object.keys(Condition).length > 0 && { Condition }),
  };
}

function present(operator: string, values: Record<string, string | undefined>): Record<string, unknown> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { [operator]: Object.fromEntries(given) };
}

function principalOf(lambda: Lambda, principal: string): unknown {
  if (principal === '*') return '*';
  if (principal.endsWith('.amazonaws.com')) return { Service: principal };
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:${lambda.cloud.partition}:iam::${principal}:root` };
  return { AWS: principal };
}
