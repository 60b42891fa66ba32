/**
 * The template as a reviewer reads it: what each role may do, what calls what, what is kept, what it costs. Left out are
 * hashes of bundles, the order of creation (`DependsOn`), ids of policies and statements, and the definitions of
 * workflows, which are files of their own.
 */
import { isDeepStrictEqual } from 'node:util';
import { definitionOf } from '../../../lib/infrastructure/definition.ts';
import type { Infrastructure } from '../template.ts';
import { alarms, logGroups, rules } from './events.ts';
import { callers, functions, routes } from './functions.ts';
import { resourcePolicies, roles } from './permissions.ts';
import { Resources } from './resources.ts';
import { columns, fieldLines, fieldsOf, nameOf, text } from './words.ts';

const WORKFLOWS = (['build', 'deployment', 'trigger'] as const).map((name) => ({
  name,
  definition: definitionOf(name),
}));

function counts({ json }: Infrastructure): string[] {
  const byType = Map.groupBy(Object.values(json.Resources), ({ Type }) => Type);
  return columns(
    [35],
    [...byType].map(([type, all]) => [type, String(all.length)]),
  );
}

/** By logical id in full: CloudFormation replaces what has another one. */
function kept({ json }: Infrastructure): string[] {
  const rows = Object.entries(json.Resources).flatMap(([id, resource]) => {
    const [deletion, replacement] = [resource.DeletionPolicy, resource.UpdateReplacePolicy].map((policy) =>
      policy === undefined ? 'Delete' : text(policy),
    );
    if (deletion === 'Delete' && replacement === 'Delete') return [];
    return [[id, `${deletion}; when replaced ${replacement}`]];
  });
  return columns([35], rows);
}

/** What CloudFormation is told of a resource beside its properties. */
function terms({ json }: Infrastructure): string[] {
  return Object.entries(json.Resources).flatMap(([id, resource]) => {
    const {
      Type: _,
      Properties,
      DependsOn,
      DeletionPolicy,
      UpdateReplacePolicy,
      Metadata,
      ...more
    } = resource;
    return Object.entries(more).map(([key, value]) => `${nameOf(id)}: ${key} ${text(value)}`);
  });
}

function workflows(resources: Resources): string[] {
  return resources.take('AWS::StepFunctions::StateMachine').flatMap(([name, properties]) => {
    const definition: unknown = JSON.parse(String(properties.take('DefinitionString')));
    const file = WORKFLOWS.find((one) => isDeepStrictEqual(one.definition, definition))?.name;
    return [
      `${name}: ${file === undefined ? text(definition) : `stepfunctions/${file}.asl.yaml`}`,
      ...properties.rest.map((line) => `  ${line}`),
    ];
  });
}

/** All types that have no section of their own: a line each property. */
export function others(resources: Resources): string[] {
  return resources.types.flatMap((type) =>
    resources
      .take(type)
      .flatMap(([name, properties, { Condition }]) => [
        `${name} (${type})${Condition === undefined ? '' : ` if ${nameOf(text(Condition))}`}`,
        ...properties.rest.map((line) => `  ${line}`),
      ]),
  );
}

export function summaryOf(stack: Infrastructure): string {
  const { Resources: all, ...more } = stack.json;
  const resources = new Resources(all);
  const sections: Readonly<Record<string, readonly string[]>> = {
    'Resources by type': counts(stack),
    'Kept when the stack goes': kept(stack),
    'Under a condition': terms(stack),
    'Roles (who may take them)': roles(resources),
    'Policies of buckets': resourcePolicies('AWS::S3::BucketPolicy', 'Bucket')(resources),
    'Policies of queues': resourcePolicies('AWS::SQS::QueuePolicy', 'Queues')(resources),
    Routes: routes(resources),
    Functions: functions(resources),
    'Who calls functions': callers(resources),
    'Rules of the event buses': rules(resources),
    Workflows: workflows(resources),
    Alarms: alarms(resources),
    Logs: logGroups(resources),
    'All else': others(resources),
    ...Object.fromEntries(
      Object.entries(more).map(([name, value]) => [
        `${name} of the template`,
        typeof value === 'object' ? fieldLines(fieldsOf(value)) : [text(value)],
      ]),
    ),
  };
  return Object.entries(sections)
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `# ${title}\n\n${lines.join('\n').trim()}\n`)
    .join('\n');
}
