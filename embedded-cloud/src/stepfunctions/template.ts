/** `AWS::StepFunctions::StateMachine` of the template. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { AwsError, type Cloud, type ResourceProvider } from '../service.ts';
import { isObject } from './json.ts';
import { typeOf } from './machine-actions.ts';
import type { Machines } from './machines.ts';

function invalid(logicalId: string, problem: string): AwsError {
  return new AwsError('ValidationException', `${logicalId} (AWS::StepFunctions::StateMachine): ${problem}`);
}

/** The definition's text, from whichever of the three properties gives it. */
function definitionText(cloud: Cloud, logicalId: string, properties: Record<string, unknown>): string {
  const { DefinitionString, Definition, DefinitionS3Location } = properties;
  if (typeof DefinitionString === 'string') return DefinitionString;
  if (isObject(Definition)) return JSON.stringify(Definition);
  if (!isObject(DefinitionS3Location)) {
    throw invalid(logicalId, 'one of DefinitionString, Definition and DefinitionS3Location is needed');
  }
  const { Bucket, Key } = DefinitionS3Location;
  const asset = cloud.asset(String(Bucket), String(Key));
  if (asset === undefined) throw invalid(logicalId, `no asset is at s3://${Bucket}/${Key}`);
  // JSON is YAML too, and CloudFormation takes both.
  return JSON.stringify(parse(readFileSync(asset.path, 'utf8')));
}

/** Replaces `${Name}` inside of strings of the definition. A value is JSON-escaped, as it lands inside of one. */
export function substitute(definition: string, substitutions: unknown): string {
  if (!isObject(substitutions)) return definition;
  return definition.replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(substitutions, name) ? substitutions[name] : undefined;
    return value === undefined ? whole : JSON.stringify(String(value)).slice(1, -1);
  });
}

export function stateMachineProvider(cloud: Cloud, machines: Machines): ResourceProvider {
  return ({ logicalId, generatedName, properties }) => {
    const { StateMachineName, RoleArn, DefinitionSubstitutions } = properties;
    const definition = substitute(definitionText(cloud, logicalId, properties), DefinitionSubstitutions);
    // Names have at most 80 characters; the end of a generated one tells it apart.
    const name = typeof StateMachineName === 'string' ? StateMachineName : generatedName.slice(-80);
    try {
      const row = machines.put({
        name,
        type: typeOf(properties.StateMachineType),
        definition,
        roleArn: String(RoleArn),
        settings: {},
      });
      const attributes = { Arn: row.arn, Name: row.name, StateMachineRevisionId: row.revision };
      return { ref: row.arn, attributes };
    } catch (error) {
      if (error instanceof AwsError) throw invalid(logicalId, error.message);
      throw error;
    }
  };
}
