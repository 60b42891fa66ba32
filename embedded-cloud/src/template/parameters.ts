/** Pseudo parameters and the template's own. */

import type { Stack } from './assembly.ts';
import { type CallService, parameter } from './dynamic-references.ts';
import { TemplateError } from './template.ts';

export interface Account {
  readonly accountId: string;
  readonly region: string;
}

/** Pseudo parameters (`AWS::Region` and the like). `AWS::NoValue` has no value and is not among them. */
export function pseudoParameters(
  stackName: string,
  { accountId, region }: Account,
): Map<string, string | string[]> {
  return new Map<string, string | string[]>([
    ['AWS::AccountId', accountId],
    ['AWS::Region', region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', stackName],
    ['AWS::StackId', `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`],
    ['AWS::NotificationARNs', []],
  ]);
}

/**
 * The template's parameters: what was given, else their defaults. A parameter whose value stands in SSM is looked up,
 * except for the version of the CDK bootstrap stack, which does not exist locally and is used in a rule only.
 * @param used names that resources, conditions or outputs refer to; others need no value
 */
export async function templateParameters(
  { name: stackName, template }: Stack,
  given: Readonly<Record<string, string>>,
  used: (name: string) => boolean,
  call: CallService,
): Promise<Map<string, string | string[]>> {
  const values = new Map<string, string | string[]>();
  for (const [name, { Type, Default }] of Object.entries(template.Parameters)) {
    if (!used(name)) continue;
    const value = given[name] ?? Default;
    if (value === undefined) {
      throw new TemplateError(
        `Parameter ${name} of stack ${stackName} has no default and no value was given`,
      );
    }
    const text = Type.startsWith('AWS::SSM::Parameter::Value') ? await parameter(value, call) : value;
    values.set(
      name,
      /CommaDelimitedList|^List<|<List</.test(Type) ? text.split(',').map((one) => one.trim()) : text,
    );
  }
  return values;
}
