/** IAM as the template uses it: roles and their policies. There is no IAM API locally; the template is the only source. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Materialized, ResourceRequest, Service } from '../service.ts';
import { parsePolicy } from './policy.ts';
import type { Roles } from './roles.ts';

const tags = z.array(z.object({ Key: z.string(), Value: z.string() })).default([]);

const roleSchema = z.object({
  RoleName: z.string().optional(),
  Path: z.string().default('/'),
  AssumeRolePolicyDocument: z.unknown(),
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]),
  PermissionsBoundary: z.string().optional(),
  // One hour unless the role says more, up to twelve.
  MaxSessionDuration: z.coerce.number().int().min(3_600).max(43_200).default(3_600),
  Tags: tags,
});

const policySchema = z.object({
  PolicyName: z.string(),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).default([]),
});

const rolePolicySchema = z.object({
  PolicyName: z.string(),
  RoleName: z.string(),
  PolicyDocument: z.unknown().optional(),
});

const managedPolicySchema = z.object({
  ManagedPolicyName: z.string().optional(),
  Path: z.string().default('/'),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).default([]),
});

/** IAM's limit for the name of a role; CloudFormation cuts the names that it makes. */
const ROLE_NAME_LIMIT = 64;

/** @param roles where the template's roles are kept; the gateway decides by it */
export function iam(roles: Roles, accountId: string): Service {
  return {
    name: 'iam',
    resources: {
      'AWS::IAM::Role': (request) => putRole(roles, accountId, request),
      'AWS::IAM::Policy': ({ properties }) => {
        const policy = policySchema.parse(properties);
        for (const role of policy.Roles) roles.attach(role, policy.PolicyName, policy.PolicyDocument);
        return { ref: policy.PolicyName, attributes: { Id: policy.PolicyName } };
      },
      'AWS::IAM::RolePolicy': ({ properties }) => {
        const policy = rolePolicySchema.parse(properties);
        roles.attach(policy.RoleName, policy.PolicyName, policy.PolicyDocument);
        return { ref: policy.PolicyName, attributes: {} };
      },
      'AWS::IAM::ManagedPolicy': ({ properties, generatedName }) => {
        const policy = managedPolicySchema.parse(properties);
        const name = policy.ManagedPolicyName ?? generatedName;
        const arn = `arn:aws:iam::${accountId}:policy${policy.Path}${name}`;
        roles.putManaged(arn, name, policy.PolicyDocument, policy.Roles);
        return { ref: arn, attributes: { PolicyArn: arn } };
      },
    },
  };
}

function putRole(
  roles: Roles,
  accountId: string,
  { properties, generatedName }: ResourceRequest,
): Materialized {
  const role = roleSchema.parse(properties);
  const name = role.RoleName ?? shortened(generatedName);
  const arn = `arn:aws:iam::${accountId}:role${role.Path}${name}`;
  const id = `AROA${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;
  roles.put({
    name,
    arn,
    id,
    trust: parsePolicy(role.AssumeRolePolicyDocument),
    tags: Object.fromEntries(role.Tags.map(({ Key, Value }) => [Key, Value])),
    managedPolicyArns: role.ManagedPolicyArns,
    permissionsBoundary: role.PermissionsBoundary,
    maxSessionSeconds: role.MaxSessionDuration,
  });
  for (const policy of role.Policies) roles.attach(name, policy.PolicyName, policy.PolicyDocument);
  return { ref: name, attributes: { Arn: arn, RoleId: id } };
}

/** Keeps the end, whose hash tells roles of a long stack name apart. */
function shortened(name: string): string {
  return name.length <= ROLE_NAME_LIMIT ? name : `${name.slice(0, ROLE_NAME_LIMIT - 14)}${name.slice(-14)}`;
}
