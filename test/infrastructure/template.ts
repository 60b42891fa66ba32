/** The synthesized template, for claims about it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { sharedAssembly } from '../system/assembly.ts';

const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
});
export type Resource = z.infer<typeof Resource>;
const Template = z.looseObject({ Resources: z.record(z.string(), Resource) });

const Statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
  Resource: z.unknown(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Statement = z.infer<typeof Statement>;
const Policy = z.looseObject({
  PolicyDocument: z.looseObject({ Statement: z.array(Statement) }),
  Roles: z.array(z.object({ Ref: z.string() })).default([]),
});

export interface Infrastructure {
  readonly json: z.infer<typeof Template>;
  /** Resources of a type by their logical id. */
  of(type: string): [id: string, resource: Resource][];
  /** Every statement of every role's policies, with the role's logical id. */
  readonly statements: readonly (Statement & { role: string })[];
  /** A file of the assembly. */
  read(name: string): string;
}

export async function infrastructure(): Promise<Infrastructure> {
  const assembly = await sharedAssembly();
  const read = (name: string) => readFileSync(join(assembly, name), 'utf8');
  const json = Template.parse(JSON.parse(read('Staithe.template.json')));
  const of = (type: string) => Object.entries(json.Resources).filter(([, { Type }]) => Type === type);
  const statements = of('AWS::IAM::Policy').flatMap(([, { Properties }]) => {
    const { PolicyDocument, Roles } = Policy.parse(Properties);
    return PolicyDocument.Statement.map((statement) => ({ ...statement, role: Roles[0]?.Ref ?? '' }));
  });
  return { json, of, statements, read };
}
